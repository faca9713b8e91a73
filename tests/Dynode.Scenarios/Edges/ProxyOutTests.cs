using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.Broadcast.Transport;
using Dynode.Scenarios.Coming;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Edges;

/// <summary>Raw: each connection to a server begins by saying whose it is.</summary>
public sealed class ProxyOutTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_server_is_told_the_clients_address_once_before_all_else(int version)
    {
        using var first = ScriptedServer.Start();
        using var second = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(version), first, second);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("hello ");
        await client.SendAsync("world");
        foreach (var server in new[] { first, second })
        {
            await Eventually.True(() => server.ReceivedText.EndsWith("hello world", StringComparison.Ordinal), broadcaster.Dump);
            var header = Read(Assert.Single(server.Connections).Received, out string rest);
            Assert.Equal((client.LocalEndPoint, new IPEndPoint(IPAddress.Loopback, broadcaster.Port)), (header.Source, header.Destination));
            Assert.Equal("hello world", rest);
            await Eventually.Equal(11L, () => broadcaster.Of(server).SentBytes, broadcaster.Dump);
        }

        client.ShutdownSend();
        await Eventually.True(() => first.Connections[0].PeerFinished && second.Connections[0].PeerFinished, broadcaster.Dump);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Behind_a_proxy_it_is_told_what_that_said(int version)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(version) with { ProxyVersions = ProxyVersions.Any, ProxyFrom = Comers.Networks("127.0.0.1") }, server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync(Headers.Of(3 - version, "[2001:db8::7]:4711").With("x"));
        await Eventually.True(() => server.ReceivedText.EndsWith('x'), broadcaster.Dump);
        var header = Read(server.Received, out string rest);
        Assert.Equal((IPEndPoint.Parse("[2001:db8::7]:4711"), "x"), (header.Source, rest));
        Assert.Equal(6379, header.Destination!.Port);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_a_client_of_whom_nobody_knows_it_is_told_that(int version)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings(), server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("a");
        await server.ReceivedTextAsync("a");

        // It was here before somebody asked where it had connected to.
        broadcaster.Door.Apply(Settings(version));
        server.Connections[0].Reset();
        await client.SendAsync("b");
        await Eventually.True(() => server.Accepted == 2 && server.Connections[1].ReceivedText.EndsWith('b'), broadcaster.Dump);
        var header = Read(server.Connections[1].Received, out string rest);
        Assert.Equal((null, version == 2), (header.Source, header.IsLocal));
        Assert.EndsWith("b", rest, StringComparison.Ordinal);
    }

    /// <summary>Each connection says it, also one that is made when the client is no more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_server_that_comes_when_the_client_has_gone_is_told_whose_bytes_they_are(int version)
    {
        using var server = ScriptedServer.Down();
        using var beside = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(version) with { ReconnectDelayMax = TimeSpan.FromMilliseconds(50) }, server, beside);
        EndPoint from;
        using (var client = await broadcaster.ConnectAsync())
        {
            from = client.LocalEndPoint;
            await client.SendAsync("late");
            client.ShutdownSend();
            await Eventually.True(() => beside.ReceivedText.EndsWith("late", StringComparison.Ordinal), broadcaster.Dump);
        }

        await Eventually.Equal(0, () => broadcaster.Snapshot.Clients, broadcaster.Dump);
        server.Listen();
        await Eventually.True(() => server.ReceivedText.EndsWith("late", StringComparison.Ordinal), broadcaster.Dump);
        Assert.Equal(from, Read(server.Received, out string rest).Source);
        Assert.Equal("late", rest);
        await broadcaster.NobodyLeftAsync();
    }

    /// <summary>What a server's kernel has is known by its count, in which the header is.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_client_that_breaks_off_does_so_behind_all_that_it_had_sent(int version)
    {
        using var server = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(Settings(version), server);
        using var client = await broadcaster.ConnectAsync();
        string text = new('x', 100_000);
        await client.SendAsync(text);
        await Eventually.True(() => broadcaster.Snapshot.ReceivedBytes == text.Length, broadcaster.Dump);
        client.Reset();
        await Eventually.True(() => !server.Connections[0].IsOpen, broadcaster.Dump);
        Assert.Equal(ConnectionEnd.PeerReset, server.Connections[0].End);
        Assert.EndsWith(text, server.ReceivedText, StringComparison.Ordinal);
        Assert.Equal(0, broadcaster.Of(server).UnacknowledgedBytes);
        await broadcaster.NobodyLeftAsync();
    }

    /// <summary>What a server's kernel has acknowledged is compared with what was sent, and that is the header too.</summary>
    [Fact]
    public async Task The_header_counts_where_bytes_on_the_wire_are_counted_and_nowhere_else()
    {
        byte[] header = Headers.Of(1, "203.0.113.7:4711");
        using var server = ScriptedServer.Start();
        using var socket = SocketTuning.BackendSocket(AddressFamily.InterNetwork, TimeSpan.FromSeconds(60));
        var transport = new IntroducedTransport(socket, new Nobody(), header);
        bool isConnected = transport.Connect(server.EndPoint);
        await Eventually.True(() => isConnected || transport.TakeReceive());
        Assert.Null(transport.ConnectFault());
        Assert.Equal(SendOutcome.Done, transport.Send("hello"u8.ToArray(), int.MaxValue, out int sent));
        Assert.Equal((5, header.Length + 5L), (sent, transport.OnWire(sent)));
        await server.ReceivedBytesAsync(header.Length + sent);
        await Eventually.Equal(transport.OnWire(sent) + 1, () => SocketTuning.Acknowledged(socket));
        Assert.Equal(0, transport.Unacknowledged(sent));
        transport.Close();
        transport.Release();
    }

    private static BroadcastSettings Settings(int version) => new() { BackendProxy = (ProxyVersions)version };

    private static ProxyHeader Read(byte[] received, out string rest)
    {
        var header = new ProxyHeader(ProxyVersions.Any);
        Assert.Equal((ProxyVerdict.Found, ""), (header.Read(received, out int taken), header.Fault));
        rest = Encoding.Latin1.GetString(received[taken..]);
        return header;
    }

    private sealed class Nobody : ITurnOwner
    {
        public void Signal()
        {
        }
    }
}
