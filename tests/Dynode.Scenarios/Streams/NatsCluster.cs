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

    // From each to each, where they can be parted; what they tell each other of their addresses leads nowhere then.
    private readonly PartingProxy?[,] _ways = new PartingProxy?[Count, Count];
    private readonly PortLease? _nowhere;

    private NatsCluster(bool canPart)
    {
        if (canPart)
            _nowhere = new PortLease();
        Servers = [.. Enumerable.Range(0, Count).Select(i => NatsServer.Down(
            NatsServer.Program, ["-n", $"n{i}", "--cluster_name", "c", "--cluster", $"nats://127.0.0.1:{_routes[i].Port}", "--routes", Routes(i), "--no_advertise",
            .. Advertised()]))];
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

    /// <summary>Running when done, all of them known to the one that leads.</summary>
    /// <param name="canPart">What one says to another can be held up.</param>
    public static async Task<NatsCluster> StartAsync(bool canPart = false)
    {
        var cluster = new NatsCluster(canPart);
        await Task.WhenAll(cluster.Servers.Select(server => server.StartAsync()));
        await NatsTogether.WholeAsync(cluster.Servers);
        return cluster;
    }

    /// <summary>From now on nothing arrives between one and the others.</summary>
    /// <param name="index">Of the one.</param>
    /// <param name="says">Of what it says.</param>
    /// <param name="hears">Of what they say to it.</param>
    public void Part(int index, bool says = true, bool hears = true)
    {
        for (int i = 0; i < Count; i++)
        {
            // Either may have made the connection.
            _ways[index, i]?.Part(there: says, back: hears);
            _ways[i, index]?.Part(there: hears, back: says);
        }
    }

    public void Heal()
    {
        foreach (PartingProxy? way in _ways) way?.Heal();
    }

    public void Dispose()
    {
        foreach (RealServer server in Servers) server.Dispose();
        foreach (PartingProxy? way in _ways) way?.Dispose();
        foreach (PortLease route in _routes) route.Dispose();
        _nowhere?.Dispose();
    }

    private string[] Advertised() => _nowhere is null ? [] : ["--cluster_advertise", $"127.0.0.1:{_nowhere.Port}"];

    private string Routes(int from)
    {
        if (_nowhere is null)
            return string.Join(',', _routes.Select(route => $"nats://127.0.0.1:{route.Port}"));
        for (int to = 0; to < Count; to++)
        {
            if (to != from)
                _ways[from, to] = new PartingProxy(_routes[to].Port);
        }

        return string.Join(',', Enumerable.Range(0, Count).Where(to => to != from).Select(to => $"nats://127.0.0.1:{_ways[from, to]!.Port}"));
    }
}
