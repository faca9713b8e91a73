using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A server that returns within the backlog receives all that it missed, in order, before anything newer.</summary>
public sealed class CatchUpTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };

    private static readonly BroadcastSettings BySession = Settings with { Resume = RawResume.Session };

    [Theory]
    [InlineData(RawResume.Burst)]
    [InlineData(RawResume.Session)]
    public async Task A_server_that_is_down_at_connect_and_returns_gets_everything_in_order(RawResume resume)
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Resume = resume }, up, down);
        using var client = await broadcaster.ConnectAsync();

        for (int i = 0; i < 10; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i, 1000), cursors: 2);
        await up.ReceivedTextAsync(Burst.Text(0, 0..10, 1000));
        down.Listen();
        await down.ReceivedTextAsync(Burst.Text(0, 0..10, 1000));
        await broadcaster.BurstAsync(client, Burst.Of(0, 10, 1000), cursors: 2);

        await down.ReceivedTextAsync(Burst.Text(0, 0..11, 1000));
        Assert.Equal(1, down.Accepted);
        AssertNothingLostOrRepeated(broadcaster, up, down);
    }

    [Fact]
    public async Task A_server_that_died_in_mid_session_gets_what_it_had_not_been_sent_when_it_is_back()
    {
        using var up = ScriptedServer.Start();
        using var dies = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, up, dies);
        using var client = await broadcaster.ConnectAsync();

        await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 2);
        await broadcaster.BurstAsync(client, Burst.Of(0, 1), cursors: 2);
        await dies.ReceivedTextAsync(Burst.Text(0, 0..2));
        dies.Kill();
        await Eventually.Equal(1, () => broadcaster.Of(dies).ConnectionsLost, broadcaster.Dump);
        for (int i = 2; i < 6; i++)
            await broadcaster.BurstAsync(client, Burst.Of(0, i), cursors: 2);
        await up.ReceivedTextAsync(Burst.Text(0, 0..6));
        dies.Listen();

        await dies.ReceivedTextAsync(Burst.Text(0, 0..6));
        Assert.Equal(Burst.Text(0, 2..6), dies.Connections[1].ReceivedText);
        AssertNothingLostOrRepeated(broadcaster, up, dies);
    }

    [Fact]
    public async Task A_server_that_comes_back_after_the_client_has_left_gets_the_rest_too()
    {
        using var dies = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings, dies);
        using (var client = await broadcaster.ConnectAsync())
        {
            await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 1);
            await dies.ReceivedTextAsync(Burst.Text(0, 0..1));
            dies.Kill();
            await Eventually.Equal(1, () => broadcaster.Of(dies).ConnectionsLost, broadcaster.Dump);
            await broadcaster.BurstAsync(client, Burst.Of(0, 1), cursors: 1);
        }

        await Eventually.Equal(1, () => broadcaster.Snapshot.Lingering, broadcaster.Dump);
        dies.Listen();

        await dies.ReceivedTextAsync(Burst.Text(0, 0..2));
        await broadcaster.NobodyLeftAsync();
        Assert.Equal(ConnectionEnd.PeerFin, dies.Connections[1].End);
    }

    /// <summary>
    /// Bursts of more than half a page have a page each, so a connection that is lost inside one begins it again. Where a
    /// connection is lost depends on the kernel; what must follow from it is exact, each time.
    /// </summary>
    [Fact]
    public async Task A_connection_lost_inside_a_burst_is_followed_by_one_that_begins_that_burst_again()
    {
        const int length = 40_000;

        // Its kernel takes less than a round brings, so the loss comes somewhere in the midst.
        using var server = ScriptedServer.Start(new ServerScript { ReceiveBufferBytes = 16 << 10 });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = 4 << 20 }, server);
        using var client = await broadcaster.ConnectAsync();

        // The first one moves the session to large pages.
        int sent = 0;
        await broadcaster.BurstAsync(client, Burst.Of(0, sent++, length), cursors: 1);
        await server.ReceivedBytesAsync(length);
        for (int round = 1; broadcaster.Of(server).Repeats < 2; round++)
        {
            Assert.True(round < 200, broadcaster.Dump());
            server.PauseReading();
            for (int i = 0; i < 20; i++)
                await broadcaster.BurstAsync(client, Burst.Of(0, sent++, length), cursors: 1);
            long repeated = broadcaster.Of(server).RepeatedBytes;
            int lost = server.Connections.Count;
            server.Kill();
            await Eventually.Equal(lost, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
            long taken = broadcaster.Of(server).SentBytes - repeated;
            server.ResumeReading();
            server.Listen();

            // From the start of the burst in which the connection was lost; what the dead kernel held is not known to anybody.
            int first = (int)(taken / length);
            string rest = Burst.Text(0, first..sent, length);
            if (rest.Length > 0)
            {
                var connection = await server.ConnectionAsync(lost);
                await Eventually.Equal(rest.Length, () => connection.ReceivedBytes, () => $"{server.Dump()}\n{broadcaster.Dump()}");
                Assert.Equal(rest, connection.ReceivedText);
            }

            Assert.Equal(repeated + (taken % length), broadcaster.Of(server).RepeatedBytes);
        }

        Assert.Equal(0, broadcaster.Of(server).DroppedBytes);
        Assert.True(broadcaster.Of(server).UnacknowledgedBytes >= 0, broadcaster.Dump());
    }

    [Fact]
    public async Task A_burst_whose_start_is_gone_when_its_connection_is_lost_is_dropped_whole_and_counted()
    {
        const int length = 1 << 20;
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { BacklogBytesMax = 4 << 20 }, server);
        using var client = await broadcaster.ConnectAsync();
        server.PauseReading();

        // One write, larger than what the kernels take and than any page: the server is in the midst of it.
        byte[] large = Burst.Of(0, 0, length);
        await broadcaster.BurstAsync(client, large, cursors: 1);
        await broadcaster.BurstAsync(client, Burst.Of(0, 1), cursors: 1);
        server.Kill();
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        long taken = broadcaster.Of(server).SentBytes;
        Assert.InRange(taken, PagePoolLargePage, length - 1);
        server.ResumeReading();
        server.Listen();

        var connection = await server.ConnectionAsync(1);
        await Eventually.True(() => connection.ReceivedText.EndsWith(Burst.Text(0, 1..2), StringComparison.Ordinal), server.Dump);
        var drop = broadcaster.Drop(server, DropReason.MidRequest);
        Assert.True(drop.Requests >= 1, broadcaster.Dump());

        // A large write may be several bursts to the broadcaster, which knows only how it was read: whole ones are delivered.
        string delivered = connection.ReceivedText;
        Assert.Equal(length + Burst.Of(0, 1).Length, taken + drop.Bytes - broadcaster.Of(server).RepeatedBytes + delivered.Length);
        Assert.EndsWith(delivered, Encoding.ASCII.GetString(large) + Burst.Text(0, 1..2), StringComparison.Ordinal);
        Assert.Contains("MidRequest", Assert.Single(broadcaster.Log.Of(1103)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_session_a_server_lost_in_mid_session_gets_nothing_more_of_it_and_joins_with_the_next()
    {
        using var up = ScriptedServer.Start();
        using var dies = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(BySession, up, dies);
        using var client = await broadcaster.ConnectAsync();

        await broadcaster.BurstAsync(client, Burst.Of(0, 0), cursors: 2);
        await dies.ReceivedTextAsync(Burst.Text(0, 0..1));
        dies.Restart();
        await Eventually.Equal(1, () => broadcaster.Of(dies).ConnectionsLost, broadcaster.Dump);
        await client.SendAsync(Burst.Of(0, 1));
        await up.ReceivedTextAsync(Burst.Text(0, 0..2));
        await client.SendAsync(Burst.Of(0, 2));
        await up.ReceivedTextAsync(Burst.Text(0, 0..3));

        using var next = await broadcaster.ConnectAsync();
        await next.SendAsync(Burst.Of(1, 0));
        await dies.ReceivedTextAsync(Burst.Text(0, 0..1) + Burst.Text(1, 0..1));
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await Eventually.Equal(200, () => broadcaster.Drop(dies, DropReason.Session).Bytes, broadcaster.Dump);
        Assert.InRange(broadcaster.Drop(dies, DropReason.Session).Requests, 1, 2);
        Assert.Equal(200, broadcaster.Of(dies).DroppedBytes);
        Assert.Equal(0, broadcaster.Of(dies).Repeats);
        Assert.Contains(broadcaster.Log.Of(1103), line => line.Contains("Session", StringComparison.Ordinal));
    }

    /// <summary>Where it begins in mid-session it begins in mid-command, and that is what <c>session</c> is there to exclude.</summary>
    [Fact]
    public async Task By_session_a_server_that_lost_the_start_of_a_session_to_the_bound_gets_nothing_of_it()
    {
        using var up = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(BySession with { BacklogBytesMax = 10_000 }, up, down);
        using var client = await broadcaster.ConnectAsync();

        for (int i = 0; i < 30; i++)
        {
            await client.SendAsync(Burst.Of(0, i, 1000));
            await up.ReceivedBytesAsync((i + 1) * 1000);
        }

        down.Listen();
        using var next = await broadcaster.ConnectAsync();
        await next.SendAsync(Burst.Of(1, 0));
        await down.ReceivedTextAsync(Burst.Text(1, 0..1));
        client.ShutdownSend();
        await client.ReadToEndAsync();
        await Eventually.Equal(30_000, () => broadcaster.Of(down).DroppedBytes, broadcaster.Dump);
        Assert.Equal(Burst.Text(1, 0..1), down.ReceivedText);
    }

    private const int PagePoolLargePage = Dynode.Log.PagePool.LargePageBytes;

    private static void AssertNothingLostOrRepeated(BroadcasterUnderTest broadcaster, params ScriptedServer[] servers)
    {
        foreach (var server in servers)
        {
            var of = broadcaster.Of(server);
            Assert.Equal((0, 0, 0), (of.DroppedBytes, of.DroppedRequests, of.RepeatedBytes));
        }
    }
}
