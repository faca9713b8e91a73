using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>Three nats-servers that hold a stream together.</summary>
public sealed class NatsCluster : IDisposable
{
    private const int Count = 3;

    private readonly PortLease[] _routes = [.. Enumerable.Range(0, Count).Select(_ => new PortLease())];

    private NatsCluster()
    {
        string routes = string.Join(',', _routes.Select(route => $"nats://127.0.0.1:{route.Port}"));
        Servers = [.. Enumerable.Range(0, Count).Select(i => NatsServer.Down(
            NatsServer.Program, "-n", $"n{i}", "--cluster_name", "c", "--cluster", $"nats://127.0.0.1:{_routes[i].Port}", "--routes", routes, "--no_advertise"))];
    }

    /// <summary>Called n0, n1, n2.</summary>
    public IReadOnlyList<RealServer> Servers { get; }

    public NatsSettings Settings
    {
        get
        {
            Assert.True(NatsUrl.TryParse($"nats://{string.Join(',', Servers.Select(server => server.Address))}/orders", out NatsUrl? url, out string fault), fault);
            return NatsLogUnderTest.Settings(Servers[0].Port) with { Url = url!, Replicas = Count };
        }
    }

    public static async Task<NatsCluster> StartAsync()
    {
        var cluster = new NatsCluster();
        await Task.WhenAll(cluster.Servers.Select(server => server.StartAsync()));
        return cluster;
    }

    public void Dispose()
    {
        foreach (RealServer server in Servers) server.Dispose();
        foreach (PortLease route in _routes) route.Dispose();
    }
}
