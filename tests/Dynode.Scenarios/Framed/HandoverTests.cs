using System.Collections.Concurrent;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>One broadcaster goes on from where another has ended: one order, nobody refused, and no server that has missed something without a gap.</summary>
public sealed class HandoverTests
{
    /// <summary>Little room in the kernel, so that what a server does not read soon stands in the broadcaster.</summary>
    private static readonly ServerScript Narrow = new() { ReceiveBufferBytes = 4 << 10 };

    [Fact]
    public async Task The_next_one_goes_on_with_the_next_number_and_all_servers_have_all_in_one_order()
    {
        using var first = FramedServer.Redis();
        using var second = FramedServer.Redis();
        string[] servers = [first.Address, second.Address];
        using var old = BroadcasterUnderTest.Start(Asking.Redis, servers);
        await old.CurrentAsync(first, second);
        using var client = await old.ConnectAsync();
        string[] requests = [.. Enumerable.Range(0, 200).Select(static i => $"SET {i} {i}")];
        await client.SendAllAsync(requests[..100]);
        await client.ReadRepliesAsync(100);
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var whole = new ConcurrentQueue<BackendAddress>();
        var handed = await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, whole.Enqueue);
        Assert.Equal(100, handed.Next);
        Assert.All(handed.Servers, static server => Assert.True(server is { Gap: null, FirstMissing: -1, Connection: null }));
        Assert.Equal(servers.Select(BroadcasterUnderTest.Address).ToHashSet(), whole.ToHashSet());
        Assert.False((await client.ReadToEndAsync()).WasReset);

        // Nobody lets clients in at this moment: who comes waits in the kernel, and is served by the next one.
        using var waiting = await TestClient.ConnectAsync(old.Port);
        await waiting.SendAllAsync(requests[100..]);
        using var next = BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, servers);
        await waiting.ReadRepliesAsync(100);
        await old.DrainAsync();
        await next.NothingOwedAsync(first, second);
        Assert.Equal(requests, first.Texts);
        Assert.Equal(requests, second.Texts);
        Assert.Equal(200, next.Snapshot.Requests);
        Assert.Equal(0, first.Repeats() + second.Repeats());
        Assert.True(next.StandingOf(first) is { Gap: null, Votes: true, IsCurrent: true }, next.Dump());
    }

    [Fact]
    public async Task Closing_the_old_ones_listener_neither_ends_the_next_ones_nor_has_it_reset_clients()
    {
        using var server = FramedServer.Redis();
        using var old = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await old.CurrentAsync(server);
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var handed = await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
        await old.DrainAsync();
        using var next = BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, [server.Address]);
        await next.CurrentAsync(server);
        for (int i = 0; i < 20; i++)
        {
            using var client = await next.ConnectAsync();
            await client.SendAllAsync(["SET a 1", "QUIT"]);
            var end = await client.ReadToEndAsync();
            Assert.Equal("+OK\r\n+OK\r\n", end.Text);
            Assert.False(end.WasReset);
        }
    }

    /// <summary>A number of a descriptor that has stood for the socket before must not come again in this process: the runtime ends it over that.</summary>
    [Fact]
    public async Task In_one_process_it_goes_on_from_itself_again_and_again()
    {
        const int times = 12;
        using var server = FramedServer.Redis();
        var all = new List<BroadcasterUnderTest> { BroadcasterUnderTest.Start(Asking.Redis, [server.Address]) };
        for (int i = 0; i < times; i++)
        {
            var old = all[^1];
            await old.CurrentAsync(server);
            using (var client = await old.ConnectAsync())
                Assert.Equal("+OK", await client.AskAsync($"SET a {i}"));
            var listeners = old.Door.DuplicateListeners(inThisProcess: true);
            var handed = await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
            await old.DrainAsync();
            all.Add(BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, [server.Address]));
        }

        await all[^1].CurrentAsync(server);
        await all[^1].NothingOwedAsync(server);
        Assert.Equal(Enumerable.Range(0, times).Select(static i => $"SET a {i}"), server.Texts);
        all.ForEach(static one => one.Dispose());
    }

    /// <summary>What its kernel has taken comes first, to its end; and it lacks what was dropped, which the next one knows.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(3_000)]
    [InlineData(15_000)]
    public async Task A_server_that_stands_still_has_a_gap_and_its_old_connection_is_brought_to_its_end_before_the_next(int valueBytes)
    {
        var time = new FakeTimeProvider();
        using var still = FramedServer.Redis(tcp: Narrow);
        using var good = FramedServer.Redis();
        string[] servers = [still.Address, good.Address];
        using var old = BroadcasterUnderTest.Start(Asking.Redis with { StallTimeout = TimeSpan.Zero }, time, still.Tcp, good.Tcp);
        await old.CurrentAsync(still, good);
        using var client = await old.ConnectAsync();
        string value = new('v', valueBytes);
        string[] requests = [.. Enumerable.Range(0, Math.Min(4_000, (2 << 20) / valueBytes)).Select(i => $"SET {i} {value}")];
        still.PauseReading();
        await client.SendAllAsync(requests);
        await good.RequestsAsync(requests.Length);
        await Eventually.True(() => old.StandingOf(still).LagBytes > 0, old.Dump);
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var whole = new ConcurrentQueue<BackendAddress>();
        var handing = old.Door.HandOverAsync(TimeSpan.FromSeconds(2), whole.Enqueue);
        time.Advance(TimeSpan.FromSeconds(2));
        var handed = await handing;
        var stood = Assert.Single(handed.Servers, server => server.Address == BroadcasterUnderTest.Address(still.Address));
        Assert.True(stood is { Gap: DropReason.Shutdown, FirstMissing: >= 0, Connection: not null }, old.Dump());
        Assert.Equal(BroadcasterUnderTest.Address(good.Address), Assert.Single(whole));
        Assert.Equal(requests.Length, handed.Next);

        using var next = BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, servers);
        await next.CurrentAsync(good);
        using var later = await next.ConnectAsync();
        Assert.Equal("+OK", await later.AskAsync("SET later 1"));
        Assert.Equal(1, still.Tcp.Accepted);
        Assert.True(next.StandingOf(still) is { IsConnected: false, Gap: "Shutdown", FirstMissing: >= 0 }, next.Dump());
        still.ResumeReading();
        await next.NothingOwedAsync(still, good);

        // Whole requests from the first on, then what came later: nothing twice, nothing in part, nothing behind its place.
        string[] had = [.. still.Texts];
        Assert.Equal("SET later 1", had[^1]);
        Assert.Equal(requests[..(had.Length - 1)], had[..^1]);
        Assert.InRange(had.Length - 1, stood.FirstMissing, requests.Length - 1);
        Assert.Equal(0, still.HalfRequestBytes(0));
        Assert.Equal((2, 1), (still.Tcp.Accepted, next.Of(still).Connects));
        Assert.False(next.StandingOf(still).Votes);
        Assert.Equal(1, next.Door.CloseGaps());
        await Eventually.True(() => next.StandingOf(still).Votes, next.Dump);
        await EndAsync(old, time);
    }

    /// <summary>The rest of a request that is too long to go over stays behind: its connection is reset, as at any other end within a request.</summary>
    [Fact]
    public async Task A_request_whose_rest_is_longer_than_64_KiB_ends_in_a_reset_and_is_not_taken_for_whole()
    {
        var time = new FakeTimeProvider();
        using var still = FramedServer.Redis(tcp: Narrow);
        using var good = FramedServer.Redis();
        using var old = BroadcasterUnderTest.Start(Asking.Redis with { StallTimeout = TimeSpan.Zero }, time, still.Tcp, good.Tcp);
        await old.CurrentAsync(still, good);
        using var client = await old.ConnectAsync();
        still.PauseReading();
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n${8 << 20}\r\n{new string('v', 8 << 20)}\r\n");
        await good.RequestsAsync(1);
        await Eventually.True(() => old.Of(still).SentBytes > 0, old.Dump);
        var handing = old.Door.HandOverAsync(TimeSpan.FromSeconds(2), static _ => { });
        time.Advance(TimeSpan.FromSeconds(2));
        var handed = await handing;
        Assert.True(handed.Servers[0] is { Gap: DropReason.Shutdown, FirstMissing: 0, Connection: null }, old.Dump());
        still.ResumeReading();
        await Eventually.True(() => !still.Tcp.OpenConnections.Any(), still.Dump);
        Assert.Empty(still.Texts);
        await EndAsync(old, time);
    }

    [Fact]
    public async Task A_server_that_is_away_has_a_gap_from_its_first_missing_request_on_and_one_that_has_missed_nothing_none()
    {
        using var away = FramedServer.Redis();
        using var good = FramedServer.Redis();
        using var idle = FramedServer.Redis();
        string[] servers = [away.Address, good.Address, idle.Address];
        using var old = BroadcasterUnderTest.Start(Asking.Redis, servers);
        await old.CurrentAsync(away, good, idle);
        using var client = await old.ConnectAsync();
        await client.SendAllAsync(["SET a 1", "SET b 2"]);
        await client.ReadRepliesAsync(2);
        await old.NothingOwedAsync(away, good, idle);
        away.Kill();
        await Eventually.True(() => old.Of(away).Connections == 0, old.Dump);
        await client.SendAllAsync(["SET c 3"]);
        await client.ReadRepliesAsync(1);
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var handed = await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
        Assert.Equal([(DropReason.Shutdown, 2), (null, -1), (null, -1)], handed.Servers.Select(static server => (server.Gap, server.FirstMissing)));
        away.Restart();
        using var next = BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, servers);
        await next.CurrentAsync(away, good, idle);
        Assert.Equal([false, true, true], next.Snapshot.Backends.Select(static backend => backend.Standing!.Votes));
        await old.DrainAsync();
    }

    /// <summary>One that loses its server while the log still grows: it left before the last request came.</summary>
    [Fact]
    public async Task A_server_that_is_lost_before_the_last_request_came_has_missed_that_too()
    {
        using var away = FramedServer.Redis();
        using var good = FramedServer.Redis(Asking.Echoing);
        using var old = BroadcasterUnderTest.Start(Asking.Redis with { InFlightMax = 16 }, [good.Address, away.Address]);
        await old.CurrentAsync(away, good);
        using var client = await old.ConnectAsync();
        away.Kill();
        await Eventually.True(() => old.Of(away).Connections == 0 && old.StandingOf(away) is { LagRequests: 0 }, old.Dump);
        good.HoldAnswers();

        // No more fit into the ring than two of one client: the others are received, and wait there.
        await client.SendAllAsync(Enumerable.Range(0, 40).Select(static i => $"GET {i}"));
        await good.RequestsAsync(2);
        var handing = old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
        good.ReleaseAnswers();
        var handed = await handing;
        Assert.Equal(handed.Next, good.Texts.Count);
        Assert.True(handed.Servers[1] is { Gap: DropReason.Shutdown, FirstMissing: 0 }, old.Dump());
        Assert.Null(handed.Servers[0].Gap);
        await old.DrainAsync();
    }

    [Fact]
    public async Task A_server_that_only_the_next_one_knows_has_missed_what_ran_before()
    {
        using var known = FramedServer.Redis();
        using var added = FramedServer.Redis();
        using var old = BroadcasterUnderTest.Start(Asking.Redis, [known.Address]);
        await old.CurrentAsync(known);
        using var client = await old.ConnectAsync();
        await client.AskAsync("SET a 1");
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var handed = await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
        using var next = BroadcasterUnderTest.GoOn(Asking.Redis, handed, listeners, [known.Address, added.Address]);
        await next.CurrentAsync(known, added);
        Assert.True(next.StandingOf(added) is { Gap: "Added", Votes: false }, next.Dump());
        Assert.True(next.StandingOf(known) is { Gap: null, Votes: true }, next.Dump());
        await old.DrainAsync();
    }

    /// <summary>Clients whose requests find no room when the time is over: they are told by the end, and nothing of theirs was done.</summary>
    [Fact]
    public async Task What_has_not_entered_the_log_when_the_time_is_over_is_done_by_nobody_and_its_client_is_not_reset()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(Asking.Echoing);
        using var old = BroadcasterUnderTest.Start(Asking.Redis with { InFlightMax = 16 }, time, server.Tcp);
        await old.CurrentAsync(server);
        server.HoldAnswers();
        var clients = new List<TestClient>();
        for (int i = 0; i < 24; i++)
        {
            clients.Add(await old.ConnectAsync());
            await clients[i].SendAllAsync(Enumerable.Range(0, 4).Select(j => $"GET {i}.{j}"));
        }

        // Who has not been accepted when a listener closes that nobody else has is reset by the kernel.
        await Eventually.True(() => old.Snapshot is { Held: > 0, Clients: 24 }, old.Dump);
        var handing = old.Door.HandOverAsync(TimeSpan.FromSeconds(2), static _ => { });
        time.Advance(TimeSpan.FromSeconds(2));
        var handed = await handing;
        server.ReleaseAnswers();
        foreach (var client in clients)
        {
            Assert.False((await client.ReadToEndAsync()).WasReset);
            client.Dispose();
        }

        Assert.InRange(server.Texts.Count, 1, handed.Next);
        Assert.Equal(server.Texts.Distinct(), server.Texts);
        handed.Servers[0].Connection?.Socket.Dispose();
        await time.UntilAsync(() => old.Snapshot.Clients == 0, old.Dump);
        await EndAsync(old, time);
        Assert.True(old.Snapshot.Parts > 0, old.Dump());
    }

    /// <summary>They go on sending until they see the end, as a pipelining library does: what they send then is read and thrown away, or they would be reset.</summary>
    [Fact]
    public async Task Clients_that_send_on_behind_the_end_are_not_reset()
    {
        using var server = FramedServer.Redis();
        using var old = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await old.CurrentAsync(server);
        TestClient[] clients = [.. await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => old.ConnectAsync()))];
        byte[] pipeline = [.. Enumerable.Repeat("PING\r\n"u8.ToArray(), 100).SelectMany(static bytes => bytes)];
        using var over = new CancellationTokenSource();
        var sending = clients.Select(async client =>
        {
            var reading = client.ReadToEndAsync();
            while (!reading.IsCompleted)
            {
                await client.SendAsync(pipeline);
                await Task.Yield();
            }

            return await reading;
        }).ToArray();
        await Eventually.True(() => old.Snapshot.Requests > 1_000 || old.Snapshot.ReceivedBytes > 100_000, old.Dump);
        await old.Door.HandOverAsync(Asking.Redis.DrainTimeout, static _ => { });
        foreach (var end in await Task.WhenAll(sending))
            Assert.False(end.WasReset);
        await old.DrainAsync();
        foreach (var client in clients)
            client.Dispose();
    }

    /// <summary>Sent is done where nothing is answered; so the next connection waits for the end of the one that brings it.</summary>
    [Fact]
    public async Task Where_nothing_is_answered_what_the_kernel_has_still_to_bring_comes_before_the_next_connection()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Line(tcp: Narrow);
        var settings = new BroadcastSettings { Protocol = Protocol.Line, Framing = new ProtocolSettings { RepliesPerLine = 0 } };
        using var old = BroadcasterUnderTest.Start(settings, time, server.Tcp);
        await Eventually.True(() => old.Snapshot.Backends[0].Standing is { IsCurrent: true }, old.Dump);
        using var client = await old.ConnectAsync();
        server.PauseReading();
        string[] lines = [.. Enumerable.Range(0, 200).Select(static i => $"line {i}")];
        await client.SendAllAsync(lines);
        await Eventually.True(() => old.Snapshot.Requests == 200 && old.Snapshot.Backends[0].Standing is { LagBytes: 0 }, old.Dump);
        var listeners = old.Door.DuplicateListeners(inThisProcess: true);
        var handing = old.Door.HandOverAsync(TimeSpan.FromSeconds(2), static _ => { });
        time.Advance(TimeSpan.FromSeconds(2));
        var handed = await handing;
        Assert.True(handed.Servers[0] is { Gap: null, Connection: not null }, old.Dump());
        using var next = BroadcasterUnderTest.GoOn(settings, handed, listeners, [server.Address]);
        using var later = await next.ConnectAsync();
        await later.SendAllAsync(["later"]);
        await Eventually.Equal(201, () => next.Snapshot.Requests, next.Dump);
        Assert.Equal(1, server.Tcp.Accepted);
        server.ResumeReading();
        await server.TextsAsync([.. lines, "later"]);
        Assert.Null(next.Snapshot.Backends[0].Standing!.Gap);
        await EndAsync(old, time);
    }

    private static async Task EndAsync(BroadcasterUnderTest broadcaster, FakeTimeProvider time)
    {
        var end = broadcaster.DrainAsync();
        await time.UntilAsync(() => end.IsCompleted, broadcaster.Dump);
    }
}
