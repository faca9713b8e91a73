using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>What the original did and this one does not: each fault of its data plane, and the right behaviour.</summary>
public sealed class OriginalFaultsTests
{
    [Fact]
    public async Task What_a_client_sends_faster_than_a_server_reads_is_not_piled_up_without_bound()
    {
        const int BacklogBytesMax = 1 << 20;
        using var stuck = ScriptedServer.Start(new ServerScript { ReadPaused = true, ReceiveBufferBytes = 64 << 10, Recording = Recording.Hash });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { BacklogBytesMax = BacklogBytesMax }, stuck);
        using var client = await broadcaster.ConnectAsync();
        long taken = await client.SendUntilHeldAsync(256 << 20, TimeSpan.FromSeconds(1));
        Assert.InRange(taken, BacklogBytesMax, 64 << 20);

        // The first receive waits in a small page, and may still hold it.
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, BacklogBytesMax / 2, BacklogBytesMax + (3 * PageBytes) + PagePool.SmallPageBytes);
        stuck.ResumeReading();
        client.ShutdownSend();
        await stuck.ReceivedBytesAsync(taken);
        await client.ReadToEndAsync();
        await broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task What_was_sent_is_not_thrown_away_when_the_client_leaves()
    {
        using var servers = new Servers(3, new ServerScript { ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { BacklogBytesMax = 8 << 20 }, servers.All);
        byte[] bytes = new Random(21).Bytes(4 << 20);
        using (var client = await broadcaster.ConnectAsync())
            await client.SendAsync(bytes);
        await Eventually.True(() => broadcaster.Snapshot is { Clients: 0 } or { ReceivedBytes: 4 << 20 }, broadcaster.Dump);
        Array.ForEach(servers.All, server => server.ResumeReading());
        await broadcaster.NobodyLeftAsync();
        Assert.All(servers.All, server => Assert.Equal(bytes, server.Received));
    }

    [Fact]
    public async Task Every_connection_that_was_opened_is_closed()
    {
        using var servers = new Servers(3, new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        for (int i = 0; i < 50; i++)
        {
            using var client = await broadcaster.ConnectAsync();
            await client.SendAsync("x");
            await client.ReadAsync(3);
        }

        await broadcaster.NobodyLeftAsync();
        foreach (var server in servers.All)
        {
            await Eventually.Equal(0, () => server.OpenConnections.Count, server.Dump);
            Assert.Equal(50, server.Connections.Count(connection => connection.End == ConnectionEnd.PeerFin));
        }
    }

    [Fact]
    public async Task A_dead_server_is_noticed_when_it_dies_and_not_at_the_next_write()
    {
        using var servers = new Servers(2, new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), servers.All);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(2);
        servers[0].Kill();
        await Eventually.Equal((0L, 1L), () => (broadcaster.Of(servers[0]).Connections, broadcaster.Of(servers[0]).ConnectionsLost), broadcaster.Dump);
        Assert.Single(broadcaster.Log.Of(1104));
        await client.SendAsync("y");
        Assert.Equal("y", await client.ReadTextAsync(1));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.2")]
    [InlineData("::1", "::1")]
    [InlineData("localhost", "127.0.0.1 ::1")]
    [InlineData("LOCALHOST", "127.0.0.1 ::1")]
    [InlineData("*", "127.0.0.1 127.0.0.2 ::1 others")]
    public async Task It_listens_where_it_was_told_to_and_nowhere_else(string host, string reachable)
    {
        using var server = ScriptedServer.Start(new ServerScript { Echo = true });
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Host = host }, server);
        string[] wanted = reachable.Split(' ');
        IPAddress[] loopbacks = [IPAddress.Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback];
        foreach (var address in loopbacks.Where(address => address.AddressFamily != AddressFamily.InterNetworkV6 || Socket.OSSupportsIPv6))
            await ReachableAsync(wanted.Contains(address.ToString()), new IPEndPoint(address, broadcaster.Port));
        foreach (var address in OtherAddresses())
            await ReachableAsync(wanted.Contains("others"), new IPEndPoint(address, broadcaster.Port));
    }

    [Fact]
    public async Task An_address_of_another_machine_or_a_taken_port_is_a_clear_error_and_nothing_stays_bound()
    {
        using var taken = new PortLease(bothFamilies: true);
        using var holder = new TcpListener(IPAddress.IPv6Loopback, taken.Port);
        holder.Start();
        using var plane = new Broadcaster(new BroadcastSettings { Port = taken.Port }, new LogLines(), TimeProvider.System, NameLookups.OfSystem(1));
        var fault = Assert.Throws<ListenException>(plane.Bind);
        Assert.Contains($"[::1]:{taken.Port}", fault.Message, StringComparison.Ordinal);

        // 127.0.0.1 came first and could be had: it has been given back.
        await ReachableAsync(false, new IPEndPoint(IPAddress.Loopback, taken.Port));
        using var foreign = new Broadcaster(new BroadcastSettings { Host = "192.0.2.1", Port = 0 }, new LogLines(), TimeProvider.System, NameLookups.OfSystem(1));
        Assert.Contains("192.0.2.1", Assert.Throws<ListenException>(foreign.Bind).Message, StringComparison.Ordinal);
    }

    private const int PageBytes = 64 << 10;

    private static async Task ReachableAsync(bool wanted, IPEndPoint endPoint)
    {
        if (!wanted)
        {
            await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(endPoint));
            return;
        }

        using var client = await TestClient.ConnectAsync(endPoint);
        await client.SendAsync("here?");
        Assert.Equal("here?", await client.ReadTextAsync(5));
    }

    private static IEnumerable<IPAddress> OtherAddresses() =>
        from nic in NetworkInterface.GetAllNetworkInterfaces()
        where nic.OperationalStatus == OperationalStatus.Up
        from unicast in nic.GetIPProperties().UnicastAddresses
        where unicast.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(unicast.Address)
        select unicast.Address;
}
