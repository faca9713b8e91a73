using Dynode.Scenarios.Memcached;
using Dynode.TestKit;

namespace Dynode.Scenarios.Clients;

/// <summary>What the unmodified clients talk to. The one place that says so: every test of this folder takes it from here.</summary>
internal sealed class ClientTarget : IAsyncDisposable
{
    /// <summary>What clients must AUTH with where a test asks for one.</summary>
    public const string Password = "a secret, with a space";

    private readonly RealServer? _server;
    private readonly MemcachedUnderTest? _memcached;

    private ClientTarget(RealServer server) => _server = server;

    private ClientTarget(MemcachedUnderTest memcached) => _memcached = memcached;

    public int Port => _server?.Port ?? _memcached!.Broadcaster.Port;

    /// <summary>It shares its connections, so what would block or capture one has to be refused.</summary>
    public bool IsBroadcaster => _memcached is not null;

    /// <summary>For clients of redis.</summary>
    /// <param name="withPassword">Nothing goes without <see cref="Password"/>.</param>
    public static async Task<ClientTarget> RedisAsync(bool withPassword = false) =>
        new(await RedisServer.StartAsync(withPassword ? ["--requirepass", Password] : []));

    /// <summary>For clients of memcached.</summary>
    public static async Task<ClientTarget> MemcachedAsync() => new(await MemcachedUnderTest.StartAsync(2));

    /// <summary>Asynchronous, so that a target may look at what it was told before it ends.</summary>
    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        _memcached?.Dispose();
        return ValueTask.CompletedTask;
    }
}
