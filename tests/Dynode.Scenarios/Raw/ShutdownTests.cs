using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>No accept, no more reading from clients; the log to connected servers, replies relayed, FIN both ways.</summary>
public sealed class ShutdownTests
{
    private static readonly ServerScript HalfOpen = new() { AnswerEnd = false };

    [Fact]
    public async Task Nobody_is_let_in_and_nothing_more_is_read_while_replies_still_flow()
    {
        using var server = ScriptedServer.Start(HalfOpen);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("in time\n");
        await server.ReceivedTextAsync("in time\n");

        var drained = broadcaster.DrainAsync();
        await Assert.ThrowsAsync<SocketException>(broadcaster.ConnectAsync);
        await Eventually.True(() => server.Connections[0].PeerFinished, broadcaster.Dump);
        await client.SendAsync("too late\n");
        await server.Connections[0].SendAsync("the answer\n");
        Assert.Equal("the answer", await client.ReadLineAsync());
        Assert.False(drained.IsCompleted);
        server.CloseAll();

        Assert.False((await client.ReadToEndAsync()).WasReset);
        client.Dispose();
        await drained;
        Assert.Equal("in time\n", server.ReceivedText);
        Assert.Single(broadcaster.Log.Of(1402));
        Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
    }

    [Fact]
    public async Task Without_sessions_it_is_done_at_once()
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), new FakeTimeProvider(), server);
        await broadcaster.DrainAsync();
        Assert.Single(broadcaster.Log.Of(1402));
    }

    [Fact]
    public async Task What_the_log_holds_goes_to_a_connected_server_that_is_slow()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(
            new BroadcastSettings { BacklogBytesMax = 16 << 20, DrainTimeout = TimeSpan.FromMinutes(1) }, server);
        using var client = await broadcaster.ConnectAsync();
        byte[] bytes = new Random(5).Bytes(10 << 20);
        await client.SendAsync(bytes);
        await Eventually.Equal(bytes.LongLength, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);

        var drained = broadcaster.DrainAsync();
        server.ResumeReading();
        Assert.Null(await client.ReadLineAsync());
        client.Dispose();
        await drained;
        Assert.Equal(bytes, server.Received);
        Assert.Single(broadcaster.Log.Of(1402));
    }

    [Fact]
    public async Task A_client_in_mid_reply_gets_the_whole_of_it()
    {
        byte[] reply = new Random(6).Bytes(30_000_000);
        using var server = ScriptedServer.Start(new ServerScript { Greeting = reply });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DrainTimeout = TimeSpan.FromMinutes(1) }, server);
        using var client = await broadcaster.ConnectAsync();
        byte[] first = await client.ReadAsync(100_000);
        var drained = broadcaster.DrainAsync();
        var rest = await client.ReadToEndAsync();
        client.Dispose();
        await drained;
        Assert.False(rest.WasReset);
        Assert.Equal(reply, first.Concat(rest.Bytes));
    }

    [Theory]
    [InlineData(RawReply.All)]
    [InlineData(RawReply.None)]
    public async Task A_server_that_is_down_is_not_waited_for_and_what_it_misses_is_counted_and_logged(RawReply reply)
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();

        // On this clock no timeout could end it.
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Reply = reply }, new FakeTimeProvider(), up, down);
        using var present = await broadcaster.ConnectAsync();
        await present.SendAsync("from one who is here\n");
        await up.ReceivedBytesAsync(21);
        using (var gone = await broadcaster.ConnectAsync())
            await gone.SendAsync("from one who left\n");
        await Eventually.True(() => up.ReceivedBytes == 39 && broadcaster.Snapshot is { Clients: 1, Lingering: 1 }, broadcaster.Dump);
        await Eventually.True(() => broadcaster.Of(down).ConnectFailures > 0, broadcaster.Dump);

        var drained = broadcaster.DrainAsync();
        Assert.Null(await present.ReadLineAsync());
        present.Dispose();
        await drained;
        Assert.Equal(new DropCount(DropReason.Shutdown, 2, 39), broadcaster.Of(down).Drops.Single(drop => drop.Bytes > 0));
        Assert.Contains(broadcaster.Log.Of(1103), line => line.Contains("Shutdown", StringComparison.Ordinal));
        Assert.Equal(0, broadcaster.Of(up).DroppedBytes);
    }

    [Fact]
    public async Task Drain_timeout_ends_it_where_a_server_never_closes()
    {
        using var server = ScriptedServer.Start(HalfOpen);
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DrainTimeout = TimeSpan.FromSeconds(10) }, time, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("x\n");
        await server.ReceivedBytesAsync(2);
        var drained = broadcaster.DrainAsync();
        await Eventually.True(() => server.Connections[0].PeerFinished, broadcaster.Dump);
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(drained.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1.1));
        await drained;
        Assert.Single(broadcaster.Log.Of(1403));
        await client.DrainToEndAsync();
    }

    [Fact]
    public async Task Drain_timeout_ends_it_where_a_server_never_reads_and_what_is_lost_is_counted()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReadPaused = true });
        var time = new FakeTimeProvider();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { BacklogBytesMax = 32 << 20 }, time, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(new byte[24 << 20]);
        await Eventually.Equal(24L << 20, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        var drained = broadcaster.DrainAsync();
        time.Advance(TimeSpan.FromSeconds(10.1));
        await drained;
        var dropped = broadcaster.Of(server).Drops.Single(drop => drop.Bytes > 0);
        Assert.Equal(DropReason.Shutdown, dropped.Reason);
        Assert.Equal(24L << 20, dropped.Bytes + broadcaster.Of(server).SentBytes);
        Assert.True(broadcaster.Of(server).UnacknowledgedBytes > 0, broadcaster.Dump());
    }

    [Fact]
    public async Task A_client_that_goes_on_sending_and_never_closes_does_not_hold_it()
    {
        using var server = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DrainTimeout = TimeSpan.FromMinutes(10) }, server);
        using var client = await broadcaster.ConnectAsync();
        byte[] piece = new byte[64 << 10];
        var flooding = Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                await client.SendAsync(piece);
        });
        await server.ReceivedBytesAsync(1 << 20);
        await broadcaster.DrainAsync();
        await flooding;
        Assert.Equal(broadcaster.Snapshot.ReceivedBytes, server.ReceivedBytes);
    }

    [Fact]
    public async Task It_can_come_in_the_midst_of_a_storm_of_clients()
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        for (int round = 0; round < 40; round++)
        {
            using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { DrainTimeout = TimeSpan.FromMinutes(1) }, server);
            Task[] storm = [.. Enumerable.Range(0, 8).Select(_ => StormAsync(broadcaster.Port))];
            await Eventually.True(() => broadcaster.Snapshot.Accepted > round, broadcaster.Dump);
            if (round % 2 == 0)
                await broadcaster.DrainAsync();
            else
                broadcaster.Door.Dispose();
            await Task.WhenAll(storm);
        }
    }

    /// <summary>Comes and goes until nobody lets it in any more.</summary>
    private static async Task StormAsync(int port)
    {
        try
        {
            while (true)
            {
                using var client = await TestClient.ConnectAsync(port);
                await client.SendAsync("x\n");
                await client.ReadLineAsync();
            }
        }
        catch (Exception e) when (e is SocketException or ExpectationException)
        {
        }
    }
}
