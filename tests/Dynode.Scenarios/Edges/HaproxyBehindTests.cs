using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.Scenarios.Tls;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Edges;

/// <summary>With a real haproxy as a server that wants a header.</summary>
public sealed class HaproxyBehindTests
{
    private const string Wants = "accept-proxy";

    [Theory]
    [InlineData(ProxyVersions.V1)]
    [InlineData(ProxyVersions.V2)]
    public async Task A_framed_servers_connection_is_nobodys(ProxyVersions version)
    {
        using var server = FramedServer.Redis();
        using var haproxy = await Haproxy.StartAsync(server.Address, Wants);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Protocol = Protocol.Redis, BackendProxy = version }, [haproxy.Address]);
        await Eventually.True(() => Assert.Single(broadcaster.Snapshot.Backends).Standing is { IsCurrent: true }, broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync($"GET key{i}\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }

        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(1, Assert.Single(broadcaster.Snapshot.Backends).Connects);
    }

    [Theory]
    [InlineData(ProxyVersions.V1)]
    [InlineData(ProxyVersions.V2)]
    public async Task It_stands_before_TLS(ProxyVersions version)
    {
        using var folder = new TemporaryFolder();
        using var by = new ServersByTls();
        string shown = folder.Write("haproxy.pem", by.Pair.Certificate + "\n" + by.Pair.Key);
        using var server = FramedServer.Redis();
        using var haproxy = await Haproxy.StartAsync(server.Address, $"{Wants} ssl crt {shown}");
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { Protocol = Protocol.Redis, BackendProxy = version }, [$"tls://{haproxy.Address}"], by.Tls);
        await Eventually.True(() => Assert.Single(broadcaster.Snapshot.Backends).Standing is { IsCurrent: true }, broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET key\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
    }

    /// <summary>What haproxy has understood it says again to whoever is behind it.</summary>
    [Theory]
    [InlineData(ProxyVersions.V1)]
    [InlineData(ProxyVersions.V2)]
    public async Task Raw_it_knows_the_client(ProxyVersions version)
    {
        using var server = ScriptedServer.Start();
        using var haproxy = await Haproxy.StartAsync($"{server.Address} send-proxy-v2", Wants);
        using var broadcaster = BroadcasterUnderTest.Start(new BroadcastSettings { BackendProxy = version }, [haproxy.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("hello");
        await Eventually.True(() => server.ReceivedText.EndsWith("hello", StringComparison.Ordinal), broadcaster.Dump);
        var header = new ProxyHeader(ProxyVersions.V2);
        Assert.Equal(ProxyVerdict.Found, header.Read(server.Received, out _));
        Assert.Equal(client.LocalEndPoint, header.Source);
    }
}
