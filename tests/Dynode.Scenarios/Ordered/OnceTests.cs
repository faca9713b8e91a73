using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Real servers that do each request exactly once: their connections are cut, they die and are stopped, and so does the broadcaster; the stream is in memory.</summary>
[Trait("Server", "redis")]
public sealed class OnceTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Rounds = 60;

    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Each_request_is_done_once_by_all_whatever_is_cut_killed_or_stopped_and_however_bad_others_are()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        var told = new ConcurrentBag<string>();
        Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(broadcaster, i, 0, told)));
        for (int i = 0; !pushing.IsCompleted; i++)
        {
            int before = told.Count;
            await Eventually.True(() => told.Count > before + 40 || pushing.IsCompleted, broadcaster.Dump);
            if (i % 3 == 2)
            {
                await west.KillAsync();
                await west.StartAsync();
            }
            else
            {
                await (i % 2 == 0 ? east : west).AskAsync("CLIENT KILL TYPE normal SKIPME yes");
            }
        }

        await pushing;
        await AllThereAsync(broadcaster, told, east, west);
    }

    [Fact]
    public async Task The_next_broadcaster_goes_on_at_the_watermark_of_the_one_that_died()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        var told = new ConcurrentBag<string>();
        for (int life = 0; life < 3; life++)
        {
            BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
            await CurrentAsync(broadcaster, 2);
            int before = told.Count;
            Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(broadcaster, i, life, told)));
            if (life == 2)
            {
                await pushing;
                await AllThereAsync(broadcaster, told, east, west);
                return;
            }

            await Eventually.True(() => told.Count > before + 200 || pushing.IsCompleted, broadcaster.Dump);

            // One of which no place was ever kept would have a gap.
            await broadcasters.PlaceAsync(east.Address, 1);
            await broadcasters.PlaceAsync(west.Address, 1);
            broadcaster.Dispose();
            await pushing;
        }
    }

    /// <summary>What the server has is before all that the next broadcaster's log holds, and what it was sent by the one before is in its watermark alone.</summary>
    [Fact]
    public async Task A_watermark_before_the_log_is_gone_on_from_though_no_place_was_ever_kept_and_nothing_is_done_twice()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        var told = new ConcurrentBag<string>();
        BroadcasterUnderTest stays = broadcasters.Start(Once, west.Address);
        await CurrentAsync(stays, 1);
        for (int life = 0; life < 4; life++)
        {
            BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
            CutKeys keys = broadcasters.Keys[^1];
            await Eventually.True(() => broadcaster.Snapshot.Backends[0].Place is { Claim: Dynode.Streams.Claims.ClaimState.Held }, broadcaster.Dump);

            // From here on no place is kept beside the stream.
            keys.IsForgetful = true;
            await CurrentAsync(broadcaster, 1);
            Assert.Equal(life > 0 ? 1 : 0, broadcaster.Log.Count(1540));
            int before = told.Count;
            Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(broadcaster, i, 10 + life, told)));
            await Eventually.True(() => told.Count > before + 100 || pushing.IsCompleted, broadcaster.Dump);
            if (life == 3)
            {
                await pushing;
                await AllThereAsync(broadcaster, told, east);
                break;
            }

            broadcaster.Dispose();
            await pushing;
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(stays, i, life, told)));
        }

        await Eventually.True(() => broadcasters.Logs.Count > 0 && stays.Snapshot.Feed is { Waiting: 0 }, stays.Dump);
        await AllThereAsync(stays, told, west, east);
    }

    [Fact]
    public async Task Servers_that_are_killed_and_away_for_more_than_the_backlog_have_each_request_once()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync("--appendfsync", "always"), west = await RedisServer.StartAsync("--appendfsync", "always");
        BroadcasterUnderTest broadcaster = broadcasters.Start(Once with { BacklogBytesMax = 16 << 10 }, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        var told = new ConcurrentBag<string>();
        for (int round = 0; round < 3; round++)
        {
            Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(broadcaster, i, round, told)));
            int before = told.Count;
            await Eventually.True(() => told.Count > before + 60 || pushing.IsCompleted, broadcaster.Dump);
            await west.KillAsync();
            await Eventually.True(() => broadcaster.Log.Count(1540) > round || pushing.IsCompleted, broadcaster.Dump);
            await west.StartAsync();

            // Again while it catches up, most likely.
            await Eventually.True(() => told.Count > before + 500 || pushing.IsCompleted, broadcaster.Dump);
            await west.KillAsync();
            await west.StartAsync();
            await pushing;
            await CurrentAsync(broadcaster, 2);
        }

        Assert.True(broadcaster.Log.Count(1541) >= 1, broadcaster.Dump());
        await AllThereAsync(broadcaster, told, east, west);
    }

    [Fact]
    public async Task A_server_that_is_new_and_holds_nothing_has_all_that_the_stream_has()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        BroadcasterUnderTest first = broadcasters.Start(Once, east.Address);
        await CurrentAsync(first, 1);
        var told = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(first, i, 0, told)));
        BroadcasterUnderTest second = broadcasters.Start(Once, west.Address);
        await CurrentAsync(second, 1);
        await AllThereAsync(second, told, west, east);
    }

    /// <summary>They are not in the stream: who holds nothing would lack them without a word.</summary>
    [Fact]
    public async Task Where_servers_held_data_before_the_stream_began_one_that_is_new_and_holds_nothing_has_a_gap()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        await east.AskAsync("RPUSH list before");
        BroadcasterUnderTest first = broadcasters.Start(Once, east.Address);
        await CurrentAsync(first, 1);
        Assert.Null(first.Snapshot.Backends[0].Standing!.Gap);
        var told = new ConcurrentBag<string>();
        await PushAsync(first, 0, 0, told);
        first.Dispose();
        BroadcasterUnderTest second = broadcasters.Start(Once, west.Address);
        await CurrentAsync(second, 1);
        Assert.Equal("Added", second.Snapshot.Backends[0].Standing!.Gap);
    }

    [Fact]
    public async Task A_memory_that_is_out_and_back_loses_nothing_that_was_done()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await CurrentAsync(broadcaster, 1);
        var told = new ConcurrentBag<string>();
        Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(i => PushAsync(broadcaster, i, 0, told)));
        for (int i = 0; !pushing.IsCompleted; i++)
        {
            await east.AskAsync(i % 2 == 0 ? "CONFIG SET maxmemory 1" : "CONFIG SET maxmemory 0");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await pushing;
        await east.AskAsync("CONFIG SET maxmemory 0");
        await AllThereAsync(broadcaster, told, east);
    }

    /// <summary>It is given another's data, with the watermark in them, while clients write: from there on it goes on by itself, and nobody need say that it is equal.</summary>
    [Fact]
    public async Task A_server_with_a_gap_that_is_given_anothers_data_has_none_any_more()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        var told = new ConcurrentBag<string>();
        await PushAsync(broadcaster, 0, 0, told);
        await west.KillAsync();
        Directory.Delete(Path.Combine(west.Folder, "appendonlydir"), recursive: true);
        await west.StartAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.Any(static backend => backend.Standing!.Gap is not null), broadcaster.Dump);
        Task pushing = Task.WhenAll(Enumerable.Range(1, Clients - 1).Select(i => PushAsync(broadcaster, i, 0, told)));
        await west.AskAsync($"REPLICAOF 127.0.0.1 {east.Port}");
        await SaysAsync(west, "EVAL \"return string.match(redis.call('info','replication'),'master_link_status:(%a+)')\" 0", "up");
        await west.AskAsync("REPLICAOF NO ONE");
        await pushing;
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing!.Gap is null), broadcaster.Dump);
        await AllThereAsync(broadcaster, told, east, west);
        Assert.Equal(1, broadcaster.Log.Count(1533));
    }

    /// <summary>A script that never ends, and an operator who kills the server each time: it is dropped, and not read again from the stream by a server that says that it has not had it.</summary>
    [Fact]
    public async Task What_ends_a_server_each_time_is_dropped_and_does_not_come_back()
    {
        const int KillsMax = 24;
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync("--lua-time-limit", "50");
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await CurrentAsync(broadcaster, 1);
        using TestClient client = await broadcaster.ConnectAsync();
        await client.SendAsync("RPUSH list before\r\n");
        Assert.Equal(":1", await client.ReadLineAsync());
        await client.SendAsync("EVAL \"while true do end\" 0\r\nRPUSH list behind\r\n");
        for (int kills = 0; broadcaster.Log.Count(1509) == 0; kills++)
        {
            Assert.True(kills < KillsMax, broadcaster.Dump());
            await SaysAsync(east, "PING", "-BUSY", () => broadcaster.Log.Count(1509) > 0);
            await east.KillAsync();
            await east.StartAsync();
        }

        // Nobody else was there to answer either; what came behind is done all the same.
        await client.ReadLineAsync(TimeSpan.FromMinutes(1));
        await client.ReadLineAsync(TimeSpan.FromMinutes(1));
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { LagRequests: 0, IsConnected: true, IsFromStream: false }, broadcaster.Dump);
        await SaysAsync(east, "LRANGE list 1 1", "*1");
        Assert.Equal("before behind", (await ListAsync(east)).Trim());
        Assert.Equal("Poison", $"{broadcaster.Snapshot.Backends[0].Standing!.Gap}");
    }

    [Fact]
    public async Task One_server_with_two_addresses_is_sent_everything_once_and_both_are_named()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        string again = east.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, again);
        await Eventually.True(() => broadcaster.Snapshot.Backends.Any(static backend => backend.LastError?.Contains("is the same server as", StringComparison.Ordinal) == true), broadcaster.Dump);
        await CurrentAsync(broadcaster, 1);
        var told = new ConcurrentBag<string>();
        await PushAsync(broadcaster, 0, 0, told);
        string[] elements = (await ListAsync(east)).Split(' ');
        Assert.Equal(elements.Distinct(), elements);
        Assert.Equal(told.Order(), elements.Where(static element => element.Length > 0).Order());
    }

    [Fact]
    public async Task A_server_that_refuses_a_part_of_a_batch_is_not_ready_and_says_what_it_would_need()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync();
        await east.AskAsync("ACL SETUSER default -pexpire");
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address);
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].LastError?.Contains("+pexpire", StringComparison.Ordinal) == true, broadcaster.Dump);
        Assert.NotEqual(true, broadcaster.Snapshot.Backends[0].Standing?.IsConnected);
        await east.AskAsync("ACL SETUSER default +pexpire");
        await CurrentAsync(broadcaster, 1);
        using TestClient client = await broadcaster.ConnectAsync();
        Assert.StartsWith("-ERR this key is the broadcaster's own", await client.AskAsync("SET dynode:watermark x"), StringComparison.Ordinal);
        Assert.Equal("+OK", await client.AskAsync("SET other x"));
    }

    /// <summary>Pushes of one client, each of its own element; some in transactions, scripts and another database, with much that is bad between them.</summary>
    private static async Task PushAsync(BroadcasterUnderTest broadcaster, int client, int life, ConcurrentBag<string> told)
    {
        try
        {
            using TestClient connection = await broadcaster.ConnectAsync();
            bool isThree = client % 2 == 1;
            if (isThree)
            {
                await connection.SendAsync("HELLO 3\r\n");
                await ReadAsync(connection);
            }

            if (client == 4)
            {
                await connection.SendAsync("SELECT 3\r\n");
                await ReadAsync(connection);
            }

            for (int n = 0; n < Rounds; n++)
            {
                string id = string.Create(CultureInfo.InvariantCulture, $"{life}:{client}:{n}");
                var requests = new List<(string Text, int Replies, string? Id)>
                {
                    ($"RPUSH list {id}:a\r\n", 1, $"{id}:a"),
                    (n % 7 == 0 ? "NOSUCH x\r\n" : n % 7 == 1 ? "GET\r\n" : "GET list\r\n", 1, null),
                    (n % 5 == 0 ? $"MULTI\r\nRPUSH list {id}:b\r\nGET x\r\nEXEC\r\n" : n % 5 == 1 ? "MULTI\r\nRPUSH list bad\r\nGET\r\nEXEC\r\n" : $"EVAL \"return redis.call('rpush','list',ARGV[1])\" 0 {id}:b\r\n", n % 5 < 2 ? 4 : 1, n % 5 == 1 ? null : $"{id}:b"),
                    ($"RPUSH list {id}:c\r\n", 1, $"{id}:c"),
                };
                await connection.SendAsync(string.Concat(requests.Select(static request => request.Text)));
                foreach ((string _, int replies, string? pushed) in requests)
                {
                    string reply = "";
                    for (int i = 0; i < replies; i++)
                        reply = await ReadAsync(connection);
                    if (pushed is not null && (reply.StartsWith(':') || reply.StartsWith("*2\n:", StringComparison.Ordinal)))
                        told.Add(pushed);
                }
            }
        }
        catch (Exception e) when (e is IOException or ExpectationException or System.Net.Sockets.SocketException)
        {
            // The broadcaster has died.
        }
    }

    private static async Task<string> ReadAsync(TestClient client)
    {
        string line = await client.ReadLineAsync(TimeSpan.FromMinutes(1)) ?? throw new ExpectationException("the end");
        if (line.StartsWith('$') && line != "$-1")
            return await client.ReadLineAsync() ?? "";
        int count = line[0] is '*' or '%' && line[1] != '-' ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) * (line[0] == '%' ? 2 : 1) : 0;
        var all = new StringBuilder(line);
        for (int i = 0; i < count; i++)
            all.Append('\n').Append(await ReadAsync(client));
        return all.ToString();
    }

    private async Task AllThereAsync(BroadcasterUnderTest broadcaster, ConcurrentBag<string> told, params RealServer[] servers)
    {
        await CurrentAsync(broadcaster, broadcaster.Snapshot.Backends.Length);
        string[] all = await Task.WhenAll(servers.Select(ListAsync));
        for (int i = 0; i < 100 && all.Distinct().Count() > 1; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            all = await Task.WhenAll(servers.Select(ListAsync));
        }

        output.WriteLine(string.Join("\n", broadcaster.Snapshot.Backends.Select(static backend => $"{backend.Standing}")));
        output.WriteLine($"{told.Count} told");
        string[] elements = all[0].Split(' ');
        Assert.Equal(elements.Distinct(), elements);
        Assert.Empty(told.Except(elements));
        Assert.All(all, list => Assert.Equal(all[0], list));
        Assert.All(broadcaster.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));
    }

    /// <summary>Asks until it says what begins so, or nobody waits for that any more.</summary>
    private static async Task SaysAsync(RealServer redis, string line, string begins, Func<bool>? isOver = null)
    {
        for (long began = Stopwatch.GetTimestamp(); isOver?.Invoke() != true;)
        {
            string said = await redis.AskAsync(line);
            if (said.StartsWith(begins, StringComparison.Ordinal))
                return;
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, said);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static Task<string> ListAsync(RealServer redis) =>
        redis.AskAsync("EVAL \"local a=redis.call('lrange','list',0,-1) redis.call('select',3) local b=redis.call('lrange','list',0,-1) return table.concat(a,' ')..' '..table.concat(b,' ')\" 0");

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) == servers, broadcaster.Dump);
}
