using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Coming;
using Dynode.Scenarios.Line;
using Dynode.Scenarios.Tls;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Edges;

/// <summary>Where TLS is spoken a proxy's header stands before it.</summary>
[Collection(Alone.Name)]
public sealed class ProxyByTlsTests
{
    private const byte HandshakeRecord = 22;
    private const string Client = "203.0.113.7:4711";

    private static readonly BroadcastSettings Settings = LineSettings.Answered(Reply.Primary) with { ProxyVersions = ProxyVersions.Any, ProxyFrom = Comers.Networks("127.0.0.1") };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_client_by_TLS_is_the_one_that_its_header_names(int version)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        using (var client = await tls.ConnectAsync(new() { Before = Headers.Of(version, Client) }))
        {
            await client.SendAsync("in\n");
            Assert.Equal("ok in\r\n", await client.ReadTextAsync("ok in\r\n".Length));
            Assert.Equal([Client], tls.Broadcaster.Door.Clients().Select(static client => client.Address!.ToString()));
        }

        // On the other port, too.
        using var plain = await TestClient.ConnectAsync(tls.Broadcaster.Port);
        await plain.SendAsync(Headers.Of(version, "203.0.113.8:1").With("in\n"));
        Assert.Equal("ok in", await plain.ReadLineAsync());
        Assert.Equal(default, tls.Broadcaster.Snapshot.Door);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task However_header_and_handshake_are_split_no_byte_of_the_handshake_is_lost(int version)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        byte[] header = Headers.Of(version, Client), hello = Hello.Of("localhost");
        foreach (var pieces in SplitEverywhere.Of(header.Concat(hello[..8]).ToArray()))
        {
            using var client = await TestClient.ConnectAsync(tls.Port);
            foreach (var piece in pieces.SkipLast(1))
                await client.SendAsync(piece);
            await client.SendAsync(pieces[^1].ToArray().Concat(hello[8..]).ToArray());
            Assert.Equal(HandshakeRecord, (await client.ReadAsync(1))[0]);
        }

        Assert.Equal(default, tls.Broadcaster.Snapshot.Door);
    }

    [Fact]
    public async Task TLS_without_a_header_is_no_header()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings, [server.Address]);
        using var client = await TestClient.ConnectAsync(tls.Port);
        await client.SendAsync(Hello.Of("localhost"));
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        await Eventually.Equal(new DoorFigures(Proxy: 1), () => tls.Broadcaster.Snapshot.Door, tls.Broadcaster.Dump);
        Assert.Equal((0, 0L), (tls.Handshakes.Now, tls.Handshakes.Failed + tls.Handshakes.Plain));
    }

    /// <summary>Whose header has not come and who shakes hands are clients together.</summary>
    [Fact]
    public async Task Both_steps_count_together()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(Settings with { ClientsMax = 4 }, [server.Address]);
        List<TestClient> clients = [];
        for (int i = 0; i < 2; i++)
        {
            clients.Add(await TestClient.ConnectAsync(tls.Port));
            clients.Add(await TestClient.ConnectAsync(tls.Port));
            await clients[^1].SendAsync(Headers.Of(2, Client));
        }

        await Eventually.Equal(2, () => tls.Handshakes.Now, tls.Broadcaster.Dump);
        using var more = await TestClient.ConnectAsync(tls.Broadcaster.Port);
        Assert.Equal("", (await more.ReadToEndAsync()).Text);
        Assert.Equal(new DoorFigures(Full: 1), tls.Broadcaster.Snapshot.Door);
        clients.ForEach(static client => client.Dispose());
    }
}
