using System.Diagnostics;
using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Real servers that do each request exactly once, and whose own state is what it depends on: their files, their memory, their watermark that is gone, how slow they are.</summary>
[Trait("Server", "redis")]
public sealed class OnceStateTests
{
    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = TimeSpan.FromSeconds(1) };

    /// <summary>Half a batch may stand at the end of the file of one that was killed; of one whose connection was lost it does not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_was_killed_with_less_than_it_was_sent_writes_its_file_anew_and_one_that_was_cut_off_does_not(bool isKilled)
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await CurrentAsync(broadcaster);
        using TestClient client = await broadcaster.ConnectAsync();
        await client.SendAsync("RPUSH list a\r\n");
        Assert.Equal(":1", await client.ReadLineAsync());

        // It takes no more, so what it is sent is not done.
        await StopAsync(broadcaster, east, client);
        if (isKilled)
        {
            await east.KillAsync();
            await east.StartAsync();
        }
        else
        {
            east.Process.Send(UnixSignal.Continue);
            await east.AskAsync("CLIENT KILL TYPE normal SKIPME yes");
        }

        // Of the only server nobody can say more when it is gone.
        Assert.StartsWith(isKilled ? "-ERR every server that was current is gone" : ":2", await client.ReadLineAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        await Eventually.True(() => broadcaster.Snapshot.Backends is [{ Connects: 2, Standing: { IsCurrent: true, LagRequests: 0, Watermark.Mode: "batched" } }], broadcaster.Dump);
        Assert.Equal(isKilled ? "1" : "0", await SaidAsync(east, "persistence", "aof_rewrites"));
        Assert.Equal("a b", await ListAsync(east));
    }

    /// <summary>Who has it next was not there when it was killed, and knows by what is kept beside the stream that it is not the same process.</summary>
    [Fact]
    public async Task A_server_that_was_restarted_while_nobody_had_it_writes_its_file_anew_for_the_next()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        BroadcasterUnderTest first = broadcasters.Start(Once, east.Address);
        await CurrentAsync(first);
        await PushAsync(first, "a");
        await broadcasters.PlaceAsync(east.Address, first.Snapshot.Feed!.Last);
        first.Dispose();
        BroadcasterUnderTest second = broadcasters.Start(Once, east.Address);
        await CurrentAsync(second);
        Assert.Equal("0", await SaidAsync(east, "persistence", "aof_rewrites"));
        await PushAsync(second, "b");
        await broadcasters.PlaceAsync(east.Address, second.Snapshot.Feed!.Last);
        second.Dispose();
        await east.KillAsync();
        await east.StartAsync();
        BroadcasterUnderTest third = broadcasters.Start(Once, east.Address);
        await CurrentAsync(third);
        Assert.Equal("1", await SaidAsync(east, "persistence", "aof_rewrites"));
        await PushAsync(third, "c");
        Assert.Equal("a b c", await ListAsync(east));
    }

    [Theory]
    [InlineData(false, null, 1)]
    [InlineData(true, "Added", 0)]
    public async Task One_that_comes_to_the_next_broadcaster_without_its_watermark_goes_on_where_it_was_kept_unless_it_was_restarted(bool isRestarted, string? gap, int said)
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        BroadcasterUnderTest first = broadcasters.Start(Once, east.Address);
        await CurrentAsync(first);
        await PushAsync(first, "a");
        await broadcasters.PlaceAsync(east.Address, first.Snapshot.Feed!.Last);
        first.Dispose();
        Assert.Equal(":1", await east.AskAsync("DEL dynode:watermark"));
        if (isRestarted)
        {
            await east.KillAsync();
            await east.StartAsync();
        }

        BroadcasterUnderTest second = broadcasters.Start(Once, east.Address);
        await CurrentAsync(second);
        Assert.Equal((gap, said), (second.Snapshot.Backends[0].Standing!.Gap, second.Log.Count(1536)));
        await PushAsync(second, "b");
        Assert.Equal("a b", await ListAsync(east));
    }

    [Theory]
    [InlineData("allkeys-lru", 1)]
    [InlineData("noeviction", 0)]
    [InlineData("volatile-lru", 0)]
    public async Task That_a_server_may_throw_away_its_watermark_is_said_once(string policy, int times)
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync("--maxmemory-policy", policy);
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await CurrentAsync(broadcaster);
        long connects = broadcaster.Snapshot.Backends[0].Connects;
        await east.AskAsync("CLIENT KILL TYPE normal SKIPME yes");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Connects > connects, broadcaster.Dump);
        await CurrentAsync(broadcaster);
        Assert.Equal(times, broadcaster.Log.Count(1537));
    }

    /// <summary>All of them in one batch would take longer than an answer may: so batches become short.</summary>
    [Fact]
    public async Task Slow_scripts_are_done_once_each_though_all_together_take_longer_than_an_answer_may()
    {
        const int Scripts = 100;
        var each = TimeSpan.FromSeconds(0.06);
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once with { ReplyTimeout = TimeSpan.FromSeconds(4) }, east.Address);
        await CurrentAsync(broadcaster);

        // No clock runs within a script: so long does this server take for so many rounds.
        const long Tried = 3_000_000;
        long began = Stopwatch.GetTimestamp();
        await east.AskAsync($"EVAL \"for i=1,{Tried} do end\" 0");
        long rounds = (long)(Tried * each / Stopwatch.GetElapsedTime(began));
        string slow = $"\"for i=1,{rounds} do end return redis.call('rpush','list',ARGV[1])\"";
        using TestClient client = await broadcaster.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, Scripts).Select(n => string.Create(CultureInfo.InvariantCulture, $"EVAL {slow} 0 {n}\r\n"))));
        for (int n = 1; n <= Scripts; n++)
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $":{n}"), await client.ReadLineAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(string.Join(' ', Enumerable.Range(0, Scripts)), await ListAsync(east));
        var backend = broadcaster.Snapshot.Backends[0];
        Assert.Equal((0, 0, 0), (backend.ConnectionsLost, backend.Repeats, backend.Standing!.Watermark!.Aborts));
    }

    /// <summary>A server forgets scripts with its process, and would refuse what others do.</summary>
    [Fact]
    public async Task A_script_that_is_named_by_its_hash_is_done_by_a_server_that_has_forgotten_it()
    {
        const string Body = "return redis.call('rpush','list',ARGV[1])";
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once with { Framing = Once.Framing with { SendsScripts = true } }, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        using TestClient client = await broadcaster.ConnectAsync();
        await client.SendAsync($"SCRIPT LOAD \"{Body}\"\r\n");
        Assert.Equal("$40", await client.ReadLineAsync());
        string? hash = await client.ReadLineAsync();
        await client.SendAsync($"EVALSHA {hash} 0 a\r\n");
        Assert.Equal(":1", await client.ReadLineAsync());
        await west.KillAsync();
        await west.StartAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) && broadcaster.Snapshot.Backends[1].Connects == 2, broadcaster.Dump);
        await client.SendAsync($"EVALSHA {hash} 0 b\r\nEVALSHA {new string('0', 40)} 0 c\r\n");
        Assert.Equal(":2", await client.ReadLineAsync());
        Assert.StartsWith("-NOSCRIPT", await client.ReadLineAsync(), StringComparison.Ordinal);
        await CurrentAsync(broadcaster, 2);
        Assert.Equal(("a b", "a b"), (await ListAsync(east), await ListAsync(west)));
        Assert.All(broadcaster.Snapshot.Backends, static backend => Assert.Equal(0, backend.Divergences));
    }

    /// <summary>A request that aborts by itself says nothing of the server: it is never sent as without a watermark for it, and what others write is done, and answered.</summary>
    [Fact]
    public async Task A_thousand_bad_transactions_suspend_nothing_and_are_answered_as_by_the_server()
    {
        const int Bad = 1_000;
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await CurrentAsync(broadcaster);
        using TestClient bad = await broadcaster.ConnectAsync(), good = await broadcaster.ConnectAsync();
        Task sends = bad.SendAsync(string.Concat(Enumerable.Range(0, Bad).Select(static n => n % 2 == 0 ? "MULTI\r\nRPUSH bad x\r\nGET\r\nEXEC\r\n" : "MULTI\r\nNOSUCH\r\nRPUSH bad x\r\nEXEC\r\n")));
        Task answers = Task.Run(async () =>
        {
            for (int n = 0; n < Bad; n++)
            {
                string said = string.Join(' ', await bad.ReadLineAsync(TimeSpan.FromMinutes(1)), await bad.ReadLineAsync(), await bad.ReadLineAsync(), await bad.ReadLineAsync());
                Assert.StartsWith("+OK +QUEUED +QUEUED -EXECABORT", said, StringComparison.Ordinal);
            }
        });
        int done = 0;
        var modes = new HashSet<string>();
        while (!answers.IsCompleted || done < 50)
        {
            await good.SendAsync(string.Create(CultureInfo.InvariantCulture, $"RPUSH list {done++}\r\n"));
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $":{done}"), await good.ReadLineAsync(TimeSpan.FromMinutes(1)));
            if (broadcaster.Snapshot.Backends[0].Standing!.Watermark is { } mark)
                modes.Add(mark.Mode);
        }

        await Task.WhenAll(sends, answers);
        Assert.DoesNotContain("suspended", modes);
        Assert.DoesNotContain("connecting", modes);
        Assert.Equal(string.Join(' ', Enumerable.Range(0, done)), await ListAsync(east));
        Assert.Equal("", await ListAsync(east, "bad"));
    }

    /// <summary>It is stopped, and a request has been sent to it.</summary>
    private static async Task StopAsync(BroadcasterUnderTest broadcaster, RealServer east, TestClient client)
    {
        // What moves the watermark by itself has been done.
        await Eventually.True(() => broadcaster.Snapshot is { Feed: { Lag: 0, InFlight: 0 }, Backends: [{ Standing: { LagRequests: 0, Watermark: { } mark } }] } now && mark.Number == now.Feed.Last, broadcaster.Dump);
        east.Process.Send(UnixSignal.Stop);
        await client.SendAsync("RPUSH list b\r\n");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { InFlight: 1 }, broadcaster.Dump);
    }

    private static async Task PushAsync(BroadcasterUnderTest broadcaster, string element)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        await client.SendAsync($"RPUSH list {element}\r\n");
        Assert.StartsWith(":", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    private static Task<string> ListAsync(RealServer redis, string key = "list") => redis.AskAsync($"EVAL \"return table.concat(redis.call('lrange','{key}',0,-1),' ')\" 0");

    private static Task<string> SaidAsync(RealServer redis, string section, string field) => redis.AskAsync($"EVAL \"return string.match(redis.call('info','{section}'),'{field}:([^%c]+)') or '0'\" 0");

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers = 1) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) == servers, broadcaster.Dump);
}
