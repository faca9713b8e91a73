using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>A broadcaster is stopped between its look whether it may still send and the bytes' way to the server; another takes its servers over; then the bytes come. Real servers, the stream is in memory.</summary>
[Trait("Server", "redis")]
public sealed class FenceTests(ITestOutputHelper output)
{
    private const int Before = 20;
    private const int Held = 30;
    private const int After = 10;

    private static readonly BroadcastSettings Least = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(3), Framing = Asking.Redis.Framing with { OwnKey = "dynode:owner"u8.ToArray() } };
    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = Least.ClaimLease };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_owner_before_had_sent_is_not_done_behind_what_the_next_one_has_sent(bool once)
    {
        (string east, string west) = await TakeOverAsync(once ? Once : Least, isFenced: true);
        Assert.Equal(All(), west.Split(' '));
        Assert.Equal(west, east);
    }

    /// <summary>A client's FLUSHALL takes it along: the next owner knows the connection by what is kept beside the stream.</summary>
    [Fact]
    public async Task Nor_where_the_owners_key_has_gone_since()
    {
        (string east, string west) = await TakeOverAsync(Least, isFenced: true, isForgotten: true);
        Assert.Equal(All(), west.Split(' '));
        Assert.Equal(west, east);
    }

    /// <summary>The test before can fail.</summary>
    [Fact]
    public async Task Without_the_fence_all_of_it_is_done_twice()
    {
        (string east, string west) = await TakeOverAsync(Least with { FencesOwners = false }, isFenced: false);
        Assert.Equal(All(), west.Split(' '));
        Assert.Equal([.. All(), .. All().Skip(Before).Take(Held)], east.Split(' '));
    }

    [Fact]
    public async Task A_server_that_refuses_a_part_of_the_fence_is_not_ready_and_says_what_it_would_need()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        foreach (string right in (string[])["info", "client|id", "client|kill", "eval", "get", "set"])
        {
            await east.AskAsync($"ACL SETUSER default -{right}");
            BroadcasterUnderTest refused = broadcasters.Start(Least, east.Address);
            await Eventually.True(() => refused.Snapshot.Backends[0].LastError?.Contains($"+{right}", StringComparison.Ordinal) == true, refused.Dump);
            Assert.NotEqual(true, refused.Snapshot.Backends[0].Standing?.IsConnected);
            output.WriteLine($"-{right}: {refused.Snapshot.Backends[0].LastError}");
            await east.AskAsync($"ACL SETUSER default +{right}");
            await CurrentAsync(refused, 1);
            await refused.DrainAsync();
        }
    }

    [Fact]
    public async Task The_owners_key_is_not_the_clients_and_what_lies_there_otherwise_is_void_and_said_once()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        foreach (string garbage in (string[])["SET dynode:owner x", "RPUSH dynode:owner x", "SET dynode:owner \"1 orders 5 x y\""])
        {
            await east.AskAsync("DEL dynode:owner");
            await east.AskAsync(garbage);
            BroadcasterUnderTest broadcaster = broadcasters.Start(Least, east.Address);
            await CurrentAsync(broadcaster, 1);
            Assert.Equal(1, broadcaster.Log.Count(1550));
            Assert.StartsWith("1 orders 0", await east.AskAsync("GET dynode:owner"), StringComparison.Ordinal);
            using TestClient client = await broadcaster.ConnectAsync();
            Assert.StartsWith("-ERR this key is the broadcaster's own", await client.AskAsync("SET dynode:owner x"), StringComparison.Ordinal);
            await broadcaster.DrainAsync();
        }
    }

    /// <summary>It came with copied data: ids of connections there mean nothing here.</summary>
    [Fact]
    public async Task What_another_run_of_a_server_has_noted_is_void()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        await east.AskAsync($"SET dynode:owner \"1 orders {9:D20}.{long.MaxValue:D20} {new string('a', 40)} 7\"");
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Least, east.Address);
        await CurrentAsync(broadcaster, 1);
        Assert.Equal(0, broadcaster.Log.Count(1550));
    }

    [Fact]
    public async Task A_later_owner_is_believed_and_this_one_is_not_ready()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        string run = (await east.AskAsync("EVAL \"return string.match(redis.call('info','server'),'run_id:(%x+)')\" 0")).Trim();
        await east.AskAsync($"SET dynode:owner \"1 orders {1:D20}.{long.MaxValue:D20} {run} 7\"");
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Least, east.Address);
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].LastError?.Contains("another broadcaster has it", StringComparison.Ordinal) == true, broadcaster.Dump);
        Assert.NotEqual(true, broadcaster.Snapshot.Backends[0].Standing?.IsConnected);
        await east.AskAsync("DEL dynode:owner");
        await CurrentAsync(broadcaster, 1);
    }

    [Fact]
    public async Task Memory_that_is_out_keeps_no_owner_from_being_noted()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        await east.AskAsync("CONFIG SET maxmemory 1");
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Least, east.Address);
        await CurrentAsync(broadcaster, 1);
        Assert.StartsWith("1 orders ", await east.AskAsync("GET dynode:owner"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_log_nothing_is_noted()
    {
        using RealServer east = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [east.Address]);
        await CurrentAsync(broadcaster, 1);
        Assert.Equal(":0", await east.AskAsync("EXISTS dynode:owner"));
    }

    /// <summary>East, whose bytes are held back, and west, whose are not.</summary>
    private async Task<(string East, string West)> TakeOverAsync(BroadcastSettings settings, bool isFenced, bool isForgotten = false)
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using var proxy = new HoldingProxy(east.Port);
        BroadcasterUnderTest stopped = broadcasters.Start(settings, proxy.Address, west.Address);
        await CurrentAsync(stopped, 2);
        using TestClient client = await stopped.ConnectAsync();
        await client.SendAsync(Pushes(0, Before));
        for (int i = 0; i < Before; i++)
            Assert.Equal($":{i + 1}", await client.ReadLineAsync());
        await broadcasters.PlaceAsync(proxy.Address, broadcasters.Stream.State.Last);
        if (isForgotten)
        {
            await LinkedAsync(broadcasters, proxy.Address);
            Assert.Equal(":1", await east.AskAsync("DEL dynode:owner"));
        }

        proxy.Hold();
        await client.SendAsync(Pushes(Before, Held));

        // Sent to both, done by one of them. Of those that are done once the server is not sent all at once.
        await Eventually.True(() => settings.ExactlyOnce ? proxy.Held.Contains("EXEC", StringComparison.Ordinal) : CountOf(proxy.Held, "RPUSH") == Held, () => $"{proxy.Held}\n{broadcasters.Dump()}");
        await ListsAsync(west, Before + Held);
        await broadcasters.PlaceAsync(west.Address, broadcasters.Stream.State.Last);
        broadcasters.Keys[0].IsCut = true;
        BroadcasterUnderTest next = broadcasters.Start(settings, proxy.Address, west.Address);
        await CurrentAsync(next, 2);
        using (TestClient another = await next.ConnectAsync())
        {
            await another.SendAsync(Pushes(Before + Held, After));
            for (int i = 0; i < After; i++)
                Assert.Equal($":{Before + Held + i + 1}", await another.ReadLineAsync());
        }

        await ListsAsync(east, Before + Held + After);
        await ListsAsync(west, Before + Held + After);
        string held = proxy.Held;
        if (isFenced && !settings.ExactlyOnce)
            await Eventually.True(() => proxy.AreHeldEnded, broadcasters.Dump);
        proxy.LetGo();
        if (!isFenced)
            await ListsAsync(east, Before + Held + After + Held);

        // Its batches are all answered: none is done.
        if (settings.ExactlyOnce)
            await Eventually.True(() => CountOf(proxy.Answered, "*-1") == CountOf(held, "EXEC"), () => $"{held}\n\n{proxy.Answered}");
        if (isFenced)
        {
            // It goes on, and sees that it has lost both.
            broadcasters.Keys[0].IsCut = false;
            await Eventually.True(() => stopped.Log.Count(1706) == 2, broadcasters.Dump);
        }

        output.WriteLine($"{CountOf(held, "RPUSH")} requests in {held.Length} bytes were held back, and let go behind {After} of the next owner");
        return (await ListAsync(east), await ListAsync(west));
    }

    /// <summary>The connection is kept beside the stream.</summary>
    private static async Task LinkedAsync(OrderedBroadcasters broadcasters, string server)
    {
        string key = ClaimedServer.KeyOf($"test/{server}");
        for (long began = System.Diagnostics.Stopwatch.GetTimestamp(); ClaimedServer.Read((await broadcasters.Stream.Keys.GetAsync(key, TestContext.Current.CancellationToken))!.Value.Span)!.Link is null;)
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) < Deadline.Default, broadcasters.Dump());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static string Pushes(int from, int count) => string.Concat(Enumerable.Range(from, count).Select(static n => string.Create(CultureInfo.InvariantCulture, $"RPUSH list {n}\r\n")));

    private static string[] All() => [.. Enumerable.Range(0, Before + Held + After).Select(static n => n.ToString(CultureInfo.InvariantCulture))];

    private static int CountOf(string text, string word) => text.Split(word).Length - 1;

    private static async Task ListsAsync(RealServer redis, int count)
    {
        for (long began = System.Diagnostics.Stopwatch.GetTimestamp(); await redis.AskAsync("LLEN list") is var said && said != $":{count}";)
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) < Deadline.Default, $"{said} instead of {count}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static Task<string> ListAsync(RealServer redis) => redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0");

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) == servers, broadcaster.Dump);
}
