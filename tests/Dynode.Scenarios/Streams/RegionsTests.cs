using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.House;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>The three nats-servers of <c>deploy/regions</c>, with the addresses of this machine: they find each other, and the broadcasters' user may do what is needed.</summary>
[Trait("Server", "nats")]
public sealed class RegionsTests : IDisposable
{
    private static readonly string[] Names = ["east", "west", "witness"];

    private readonly PortLease[] _routes = [.. Names.Select(_ => new PortLease())];
    private readonly List<RealServer> _servers = [];

    public void Dispose()
    {
        _servers.ForEach(static server => server.Dispose());
        Array.ForEach(_routes, static route => route.Dispose());
    }

    [Fact]
    public async Task They_hold_the_stream_together_and_their_user_makes_writes_and_reads_it()
    {
        for (int i = 0; i < Names.Length; i++)
            _servers.Add(await ConfiguredAsync(i));
        await Task.WhenAll(_servers.Select(static server => server.StartAsync()));
        Assert.True(NatsUrl.TryParse($"nats://{string.Join(',', _servers.Select(static server => server.Address))}/orders", out NatsUrl? url, out string fault), fault);
        NatsSettings settings = new(url!) { User = "dynode", Password = "of-dynode", BytesMax = 256 << 20 };
        await using var log = new NatsLogUnderTest(settings);

        // A nats-server says how it stands every ten seconds, and who was not heard is no place for a replica.
        StreamState state = (await log.WordAsync(StreamWordKind.Here, deadline: TimeSpan.FromMinutes(2))).State!;
        int faults = log.Of(StreamWordKind.Fault).Count;
        Assert.EndsWith(", 3 replicas", state.Where, StringComparison.Ordinal);
        Assert.Contains(state.Leader, Names);
        Assert.Contains(state.Server, _servers.Select(static server => server.Address));
        log.Log.Listen();
        log.Publish(7, [1]);
        await log.WordAsync(StreamWordKind.Heard);
        log.Log.Pull(1, 1);
        Assert.Equal("", (await log.WordAsync(StreamWordKind.PullEnded)).Text);
        ulong? revision = await log.Log.TryPutAsync("at.a", new byte[] { 1 }, 0, TestContext.Current.CancellationToken);
        Assert.Equal(revision, (await log.Log.GetAsync("at.a", TestContext.Current.CancellationToken))!.Revision);
        Assert.Equal(faults, log.Of(StreamWordKind.Fault).Count);
    }

    private async Task<RealServer> ConfiguredAsync(int index)
    {
        RealServer server = RealServer.Of(NatsServer.Program, static own => ["-c", Path.Combine(own.Folder, "nats.conf")], "nats");
        string routes = string.Join(", ", _routes.Select(static route => $"nats://route:of-route@127.0.0.1:{route.Port}"));
        string text = Replaced(SourceTree.Read($"deploy/regions/nats-{Names[index]}.conf"), [
            ($"10.{index + 1}.0.2:4222", server.Address),
            ($"10.{index + 1}.0.2:6222", $"127.0.0.1:{_routes[index].Port}"),
            ("http: 127.0.0.1:8222", ""),
            ("/var/lib/nats", Path.Combine(server.Folder, "store")),
            ("max_file_store: 8G", "max_file_store: 1G"),
            ("$NATS_ROUTE_PASSWORD", "of-route"),
            ("$NATS_ROUTES", $"[{routes}]"),
        ]);
        string rights = Replaced(SourceTree.Read("deploy/regions/rights.conf"), [("$DYNODE_LOG_PASSWORD", "of-dynode"), ("$NATS_SYSTEM_PASSWORD", "of-sys")]);
        await File.WriteAllTextAsync(Path.Combine(server.Folder, "nats.conf"), text);
        await File.WriteAllTextAsync(Path.Combine(server.Folder, "rights.conf"), rights);
        return server;
    }

    /// <summary>Each must be there: a file that has changed is tried as it is.</summary>
    private static string Replaced(string text, (string Old, string New)[] changes)
    {
        foreach (var (old, with) in changes)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, with, StringComparison.Ordinal);
        }

        return text;
    }
}
