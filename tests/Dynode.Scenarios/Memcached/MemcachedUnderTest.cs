using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>A broadcaster in front of real memcached servers, all current at the start.</summary>
internal sealed class MemcachedUnderTest : IDisposable
{
    private MemcachedUnderTest(RealServer[] servers, BroadcasterUnderTest broadcaster) => (Servers, Broadcaster) = (servers, broadcaster);

    public RealServer[] Servers { get; }

    public BroadcasterUnderTest Broadcaster { get; }

    /// <summary>Those of the protocol's tests.</summary>
    public static BroadcastSettings Settings { get; } = new()
    {
        Protocol = Protocol.Memcached,
        FramedReply = FramedReply.Primary,
        BacklogBytesMax = 64 << 20,
        ReconnectDelayMax = TimeSpan.FromSeconds(0.2),
    };

    public static Task<MemcachedUnderTest> StartAsync(int servers, FramedReply reply) => StartAsync(servers, Settings with { FramedReply = reply });

    /// <param name="servers">How many.</param>
    /// <param name="settings">Default: <see cref="Settings"/>.</param>
    /// <param name="arguments">Of each server.</param>
    public static async Task<MemcachedUnderTest> StartAsync(int servers, BroadcastSettings? settings = null, params string[] arguments)
    {
        RealServer[] all = [.. Enumerable.Range(0, servers).Select(_ => MemcachedServer.Down(arguments))];
        await Task.WhenAll(all.Select(server => server.StartAsync()));
        var under = new MemcachedUnderTest(all, BroadcasterUnderTest.Start(settings ?? Settings, all.Select(server => server.Address)));
        await under.CurrentAsync(servers);
        return under;
    }

    public BackendSnapshot Of(int server) => Broadcaster.Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(Servers[server].Address));

    public Task<TextClient> ConnectAsync() => TextClient.ConnectAsync(Broadcaster.Port);

    /// <summary>So many servers are current.</summary>
    public Task CurrentAsync(int count) => Eventually.Equal(count, () => Broadcaster.Snapshot.Backends.Count(backend => backend.Standing is { IsCurrent: true }), Broadcaster.Dump);

    /// <summary>Every server has answered all that is in the log, but for those that have left it.</summary>
    public Task SettledAsync() => Eventually.True(
        () => Broadcaster.Snapshot.Backends.All(backend => backend.Standing is null or { IsCurrent: true, LagRequests: 0 }), Broadcaster.Dump);

    /// <summary>Asks every server itself, past the broadcaster.</summary>
    public Task<string[]> AskServersAsync(string requests) => Task.WhenAll(Servers.Select(async server =>
    {
        using var client = await TextClient.ConnectAsync(server.Port);
        return await client.AskAsync(requests);
    }));

    /// <summary>All servers say the same.</summary>
    public async Task<string> EqualAsync(string requests)
    {
        await SettledAsync();
        string[] all = await AskServersAsync(requests);
        Assert.All(all, said => Assert.Equal(all[0], said));
        return all[0];
    }

    public void Dispose()
    {
        Broadcaster.Dispose();
        Array.ForEach(Servers, server => server.Dispose());
    }
}
