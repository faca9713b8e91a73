using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Coming;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Edges;

/// <summary>With a real haproxy in front: its headers, and its checks.</summary>
public sealed class HaproxyInFrontTests
{
    private const string Proxy = "127.0.0.2";

    [Theory]
    [InlineData(Protocol.Raw, ProxyVersions.V1, "send-proxy")]
    [InlineData(Protocol.Redis, ProxyVersions.V1, "send-proxy")]
    [InlineData(Protocol.Raw, ProxyVersions.V2, "send-proxy-v2")]
    [InlineData(Protocol.Redis, ProxyVersions.V2, "send-proxy-v2")]
    [InlineData(Protocol.Redis, ProxyVersions.V2, "send-proxy-v2 proxy-v2-options crc32c,unique-id")]
    [InlineData(Protocol.Redis, ProxyVersions.Any, "send-proxy-v2")]
    public async Task A_client_behind_it_is_who_it_is_and_its_checks_are_no_fault(Protocol protocol, ProxyVersions versions, string sends)
    {
        using var comers = await Comers.StartAsync(protocol, new BroadcastSettings { ProxyVersions = versions, ProxyFrom = Comers.Networks(Proxy) });
        long before = comers.Broadcaster.Snapshot.Accepted;
        using var haproxy = await Haproxy.StartAsync($"127.0.0.1:{comers.Broadcaster.Port} {sends} source {Proxy} check inter 50ms");

        // Its checks: it says whose they are, and goes.
        await Eventually.True(() => comers.Broadcaster.Snapshot.Accepted >= before + 5, comers.Broadcaster.Dump);
        using var client = await TestClient.ConnectAsync(haproxy.Port);
        await Comers.IsServedAsync(client);
        Assert.Contains(client.LocalEndPoint.ToString(), comers.Broadcaster.Door.Clients().Select(static shown => shown.Address!.ToString()));
        Assert.Equal(default, comers.Door);
        await client.SendAsync("GET a\r\nGET b\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal("+OK", await client.ReadLineAsync());
    }
}
