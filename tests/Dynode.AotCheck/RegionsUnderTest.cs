using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>Broadcasters of several regions, the native binary, each with servers of its own, and the nats-servers that give them one order.</summary>
internal sealed class RegionsUnderTest : IDisposable
{
    /// <summary>An election, and a lease.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly List<PortLease> _ports = [];
    private readonly List<PortLease> _leases = [];
    private readonly List<string> _configurations = [];
    private readonly List<string> _before = [];
    private readonly List<TemporaryFolder> _kept = [];

    private RegionsUnderTest()
    {
    }

    public List<RealServer> Nats { get; } = [];

    /// <summary>Of each region, those that its broadcaster lists first.</summary>
    public List<RealServer[]> Servers { get; } = [];

    /// <summary>Of each region, what stands before its first server: all broadcasters know that by this address alone.</summary>
    public List<HoldingProxy> Proxies { get; } = [];

    /// <summary>As they run now.</summary>
    public List<ProcessUnderTest> Broadcasters { get; } = [];

    public int PortOf(int region) => _ports[region].Port;

    /// <summary>All of them running, with servers that have missed nothing.</summary>
    /// <param name="regions">Broadcasters.</param>
    /// <param name="serversEach">Servers of each.</param>
    /// <param name="natsCount">1, or 3 that keep all of it three times.</param>
    /// <param name="listAll">Each broadcaster lists the servers of all regions, its own first: where one is gone another delivers to them.</param>
    /// <param name="more">Lines of each configuration.</param>
    public static async Task<RegionsUnderTest> StartAsync(int regions, int serversEach, int natsCount, bool listAll, params string[] more)
    {
        var all = new RegionsUnderTest();
        await all.StartNatsAsync(natsCount);
        string log = $"log=nats://{string.Join(',', all.Nats.Select(static nats => nats.Address))}/orders";
        for (int region = 0; region < regions; region++)
        {
            var servers = new RealServer[serversEach];
            for (int i = 0; i < serversEach; i++)
                servers[i] = await RedisServer.StartAsync("--appendfsync", "always");
            all.Servers.Add(servers);
            all.Proxies.Add(new HoldingProxy(servers[0].Port));
            all._ports.Add(new PortLease());
        }

        for (int region = 0; region < regions; region++)
        {
            string[] listed = [.. all.AddressesOf(region), .. listAll ? Enumerable.Range(0, regions).Where(other => other != region).SelectMany(all.AddressesOf) : []];
            all._configurations.Add(all._folder.Write(
                $"region{region}",
                string.Join('\n', ["host=127.0.0.1", $"port={all.PortOf(region)}", "protocol=redis", $"servers={string.Join(", ", listed)}", log, $"log_replicas={natsCount}", .. more])));
            all.Broadcasters.Add(all.Run(region));
        }

        // One whose servers came to a stream with requests in it could not tell whether they have those.
        foreach (ProcessUnderTest broadcaster in all.Broadcasters)
            await Eventually.True(() => broadcaster.HasExited || broadcaster.Lines.Count(static line => line.Contains(" 1707 ", StringComparison.Ordinal)) >= serversEach, broadcaster.Dump, Settling);
        return all;
    }

    /// <summary>The broadcaster of a region starts anew; the one before it has ended.</summary>
    public void Restart(int region)
    {
        _before.Add(Broadcasters[region].Dump());
        Broadcasters[region].Dispose();
        Broadcasters[region] = Run(region);
    }

    /// <summary>It is there as long as this is.</summary>
    public TemporaryFolder Keep(TemporaryFolder folder)
    {
        _kept.Add(folder);
        return folder;
    }

    public string Dump() => string.Join("\n\n", _before.Concat(Broadcasters.Select(static broadcaster => broadcaster.Dump())));

    public void Dispose()
    {
        Broadcasters.ForEach(static broadcaster => broadcaster.Dispose());
        Proxies.ForEach(static proxy => proxy.Dispose());
        Servers.ForEach(static servers => Array.ForEach(servers, static server => server.Dispose()));
        Nats.ForEach(static nats => nats.Dispose());
        _ports.ForEach(static port => port.Dispose());
        _leases.ForEach(static lease => lease.Dispose());
        _kept.ForEach(static folder => folder.Dispose());
        _folder.Dispose();
    }

    private IEnumerable<string> AddressesOf(int region) => Servers[region].Select((server, i) => i == 0 ? Proxies[region].Address : server.Address);

    private ProcessUnderTest Run(int region) => ProcessUnderTest.Start(Binary.Path, ["-c", _configurations[region]], null, _folder.Path);

    private async Task StartNatsAsync(int count)
    {
        if (count == 1)
        {
            Nats.Add(await NatsServer.StartAsync());
            return;
        }

        var routes = new PortLease[count];
        for (int i = 0; i < count; i++)
            _leases.Add(routes[i] = new PortLease());
        string among = string.Join(',', routes.Select(static route => $"nats://127.0.0.1:{route.Port}"));
        for (int i = 0; i < count; i++)
            Nats.Add(NatsServer.Down(NatsServer.Program, "-n", $"n{i}", "--cluster_name", "regions", "--cluster", $"nats://127.0.0.1:{routes[i].Port}", "--routes", among));
        foreach (RealServer nats in Nats)
            await nats.StartAsync();
        await NatsTogether.WholeAsync(Nats);
    }
}
