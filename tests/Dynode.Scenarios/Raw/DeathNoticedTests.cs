using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A server's death is seen when it dies, not when something is sent to it; one that cannot say so is found by the kernel.</summary>
public sealed class DeathNoticedTests
{
    // From the kernel's include/uapi/linux/tcp.h and asm-generic/socket.h.
    private const int SolSocket = 1;
    private const int SoKeepAlive = 9;
    private const int IpProtoTcp = 6;
    private const int TcpNoDelay = 1;
    private const int TcpKeepIdle = 4;
    private const int TcpKeepInterval = 5;
    private const int TcpKeepCount = 6;
    private const int TcpUserTimeout = 18;
    private const int TcpNotSentLowAt = 25;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_death_is_noticed_with_nothing_to_send(bool reset)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Burst.Of(0, 0));
        await server.ReceivedBytesAsync(100);

        server.StopListening();
        if (reset)
            server.ResetAll();
        else
            server.CloseAll();

        await Eventually.Equal((0, 1), () => (broadcaster.Of(server).Connections, broadcaster.Of(server).ConnectionsLost), broadcaster.Dump);

        // It is counted first, and said then.
        await Eventually.Equal(1, () => broadcaster.Log.Count(1104), broadcaster.Dump);
        string line = Assert.Single(broadcaster.Log.Of(1104));
        Assert.Contains(reset ? "reset by the server" : "closed by the server", line, StringComparison.Ordinal);
        Assert.Contains(client.LocalEndPoint.ToString(), line, StringComparison.Ordinal);

        // Nothing is owed, so nobody tries to connect.
        Assert.Equal((1, 0), (broadcaster.Of(server).Connects, broadcaster.Of(server).ConnectFailures));
    }

    [Fact]
    public async Task A_death_is_noticed_while_the_server_takes_nothing()
    {
        using var up = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var stuck = ScriptedServer.Start(new ServerScript { Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { StallTimeout = TimeSpan.FromMinutes(10) }, up, stuck);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.Equal(1, () => broadcaster.Of(stuck).Connections, broadcaster.Dump);
        stuck.PauseReading();
        var sending = client.SendAsync(new byte[8 << 20]);
        await Eventually.True(() => broadcaster.Snapshot.Memory.BacklogBytes >= 256 << 10, broadcaster.Dump);
        Assert.False(sending.IsCompleted);

        // The others go on at once: with its death it holds nobody.
        stuck.Kill();
        await sending;
        await up.ReceivedBytesAsync(8 << 20);
        var of = broadcaster.Of(stuck);
        Assert.Equal((1, 0), (of.ConnectionsLost, of.Ejections));
        Assert.InRange(of.UnacknowledgedBytes, 0, of.SentBytes);
    }

    [Fact]
    public async Task What_TCP_had_not_acknowledged_when_a_server_died_is_counted_and_logged()
    {
        using var server = ScriptedServer.Start(new ServerScript { ReceiveBufferBytes = 4096 });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) }, server);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.Equal(1, () => broadcaster.Of(server).Connections, broadcaster.Dump);
        server.PauseReading();
        var sending = client.SendAsync(new byte[8 << 20]);
        await Eventually.True(() => broadcaster.Snapshot.Memory.BacklogBytes >= 256 << 10, broadcaster.Dump);
        server.Kill();

        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        var of = broadcaster.Of(server);
        Assert.InRange(of.UnacknowledgedBytes, 1, of.SentBytes);
        Assert.Contains($"{of.UnacknowledgedBytes} bytes not acknowledged", Assert.Single(broadcaster.Log.Of(1104)), StringComparison.Ordinal);
        await sending;
    }

    [Fact]
    public async Task A_connection_to_a_server_has_the_options_that_find_it_dead_when_it_cannot_say_so()
    {
        using var server = ScriptedServer.Start();
        var settings = new BroadcastSettings { ReplyTimeout = TimeSpan.FromSeconds(90), LingerTimeout = TimeSpan.FromSeconds(30) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, server);
        using var client = await broadcaster.ConnectAsync();
        await server.ConnectionAsync(0);

        int Tcp(int name) => SocketTable.Option(server.Port, IpProtoTcp, name);
        Assert.Equal(1, SocketTable.Option(server.Port, SolSocket, SoKeepAlive));
        Assert.Equal((15, 5, 3), (Tcp(TcpKeepIdle), Tcp(TcpKeepInterval), Tcp(TcpKeepCount)));
        Assert.Equal(90_000, Tcp(TcpUserTimeout));
        Assert.Equal(128 << 10, Tcp(TcpNotSentLowAt));
        Assert.Equal(1, Tcp(TcpNoDelay));
    }
}
