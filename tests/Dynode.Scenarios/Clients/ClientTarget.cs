using Dynode.Protocols;
using Dynode.Scenarios.Memcached;
using Dynode.Scenarios.Redis;
using Dynode.Scenarios.Tls;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Clients;

/// <summary>What the unmodified clients talk to. The one place that says so: every test of this folder takes it from here.</summary>
internal sealed class ClientTarget : IAsyncDisposable
{
    /// <summary>What clients must AUTH with where a test asks for one.</summary>
    public const string Password = "a secret, with a space";

    private readonly RedisBroadcast? _redis;
    private readonly MemcachedUnderTest? _memcached;
    private readonly TlsUnderTest? _tls;
    private readonly RealServer[] _tlsServers = [];

    private ClientTarget(RedisBroadcast redis) => _redis = redis;

    private ClientTarget(TlsUnderTest tls, RealServer[] servers) => (_tls, _tlsServers) = (tls, servers);

    private ClientTarget(MemcachedUnderTest memcached) => _memcached = memcached;

    public int Port => _redis?.Broadcaster.Port ?? _tls?.Port ?? _memcached!.Broadcaster.Port;

    /// <summary>Who has signed what it shows, for 127.0.0.1; null: it speaks no TLS.</summary>
    public TestAuthority? Authority => _tls?.Authority;

    /// <summary>For clients of redis: three servers, and what stands before them.</summary>
    /// <param name="withPassword">Nothing goes without <see cref="Password"/>, neither to it nor to the servers.</param>
    public static async Task<ClientTarget> RedisAsync(bool withPassword = false)
    {
        string[] server = withPassword ? ["--requirepass", Password] : [];
        var framing = new ProtocolSettings { ClientPassword = withPassword ? Password : "", BackendPassword = withPassword ? Password : "" };
        return new(await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { Framing = framing }, server, server, server));
    }

    /// <summary>For clients of redis that come by TLS.</summary>
    public static async Task<ClientTarget> RedisByTlsAsync()
    {
        RealServer[] servers = [await RedisServer.StartAsync(), await RedisServer.StartAsync()];
        var tls = new TlsUnderTest(RedisBroadcast.Settings, servers.Select(static server => server.Address), certificates: "127.0.0.1");
        await Eventually.True(() => tls.Broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true }), tls.Broadcaster.Dump);
        return new(tls, servers);
    }

    /// <summary>For clients of memcached.</summary>
    public static async Task<ClientTarget> MemcachedAsync() => new(await MemcachedUnderTest.StartAsync(2));

    /// <summary>After all that its client did, the servers hold equal data, and nothing was lost on the way.</summary>
    public async Task EqualAsync()
    {
        if (_tls is not null)
        {
            await Eventually.True(() => _tls.Broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }), _tls.Broadcaster.Dump);
            Assert.Equal(await _tlsServers[0].DataDigestAsync(), await _tlsServers[1].DataDigestAsync());
            Assert.Equal((0, 0), (_tls.Handshakes.Failed, _tls.Handshakes.TimedOut));
        }

        if (_redis is null) return;
        await _redis.EqualAsync();
        _redis.NothingLost();
    }

    public ValueTask DisposeAsync()
    {
        _redis?.Dispose();
        _memcached?.Dispose();
        _tls?.Dispose();
        foreach (RealServer server in _tlsServers)
            server.Dispose();
        return ValueTask.CompletedTask;
    }
}
