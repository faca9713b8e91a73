using Dynode.Protocols;
using Dynode.Scenarios.Memcached;
using Dynode.Scenarios.Redis;

namespace Dynode.Scenarios.Clients;

/// <summary>What the unmodified clients talk to. The one place that says so: every test of this folder takes it from here.</summary>
internal sealed class ClientTarget : IAsyncDisposable
{
    /// <summary>What clients must AUTH with where a test asks for one.</summary>
    public const string Password = "a secret, with a space";

    private readonly RedisBroadcast? _redis;
    private readonly MemcachedUnderTest? _memcached;

    private ClientTarget(RedisBroadcast redis) => _redis = redis;

    private ClientTarget(MemcachedUnderTest memcached) => _memcached = memcached;

    public int Port => _redis?.Broadcaster.Port ?? _memcached!.Broadcaster.Port;

    /// <summary>For clients of redis: three servers, and what stands before them.</summary>
    /// <param name="withPassword">Nothing goes without <see cref="Password"/>, neither to it nor to the servers.</param>
    public static async Task<ClientTarget> RedisAsync(bool withPassword = false)
    {
        string[] server = withPassword ? ["--requirepass", Password] : [];
        var framing = new ProtocolSettings { ClientPassword = withPassword ? Password : "", BackendPassword = withPassword ? Password : "" };
        return new(await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { Framing = framing }, server, server, server));
    }

    /// <summary>For clients of memcached.</summary>
    public static async Task<ClientTarget> MemcachedAsync() => new(await MemcachedUnderTest.StartAsync(2));

    /// <summary>After all that its client did, the servers hold equal data, and nothing was lost on the way.</summary>
    public async Task EqualAsync()
    {
        if (_redis is null) return;
        await _redis.EqualAsync();
        _redis.NothingLost();
    }

    public ValueTask DisposeAsync()
    {
        _redis?.Dispose();
        _memcached?.Dispose();
        return ValueTask.CompletedTask;
    }
}
