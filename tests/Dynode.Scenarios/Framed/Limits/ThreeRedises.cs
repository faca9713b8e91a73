using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>Three real redis-servers without a file, for all tests of a class; each test begins with none of the others' keys.</summary>
public sealed class ThreeRedises : IAsyncLifetime
{
    private readonly RealServer[] _all = [RedisServer.Down("--appendonly", "no"), RedisServer.Down("--appendonly", "no"), RedisServer.Down("--appendonly", "no")];

    public IReadOnlyList<RealServer> All => _all;

    public string[] Addresses => [.. _all.Select(server => server.Address)];

    public async ValueTask InitializeAsync() => await Task.WhenAll(_all.Select(server => server.StartAsync()));

    /// <summary>Forgets all keys.</summary>
    public Task ClearAsync() => AskAllAsync("FLUSHALL");

    /// <summary>Asks each, past the broadcaster.</summary>
    public async Task<string[]> AskAllAsync(string line) => await Task.WhenAll(_all.Select(server => server.AskAsync(line)));

    /// <summary>All three give this answer.</summary>
    public Task AllSayAsync(string expected, string line) => Eventually.Equal(
        $"{expected} {expected} {expected}",
        () => string.Join(' ', AskAllAsync(line).GetAwaiter().GetResult()));

    public ValueTask DisposeAsync()
    {
        Array.ForEach(_all, server => server.Dispose());
        return ValueTask.CompletedTask;
    }
}
