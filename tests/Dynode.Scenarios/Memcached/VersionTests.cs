using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary><c>version</c> is the servers' own, and the least of the current ones: clients choose by it what they may send.</summary>
[Trait("Server", "memcached")]
public sealed class VersionTests
{
    [Fact]
    public async Task A_client_is_told_the_least_version_of_the_servers_that_are_current()
    {
        using var newer = FramedServer.Memcached(Saying("1.6.38"));
        using var older = FramedServer.Memcached(Saying("1.6.9"));
        using var broadcaster = BroadcasterUnderTest.Start(MemcachedUnderTest.Settings, [newer.Address, older.Address]);
        await CurrentAsync(broadcaster, 2);
        using var client = await TextClient.ConnectAsync(broadcaster.Port);
        Assert.Equal("VERSION 1.6.9\r\n", await client.AskAsync("version\r\n"));

        // One that is away does not count, and one that returns is asked anew.
        older.Kill();
        await CurrentAsync(broadcaster, 1);
        Assert.Equal("VERSION 1.6.38\r\n", await client.AskAsync("version\r\n"));
        older.Script = Saying("1.6.18");
        older.Restart();
        await CurrentAsync(broadcaster, 2);
        Assert.Equal("VERSION 1.6.18\r\n", await client.AskAsync("version\r\n"));

        // Nobody is there: what was so last.
        newer.Kill();
        older.Kill();
        await CurrentAsync(broadcaster, 0);
        Assert.StartsWith("VERSION 1.6.", await client.AskAsync("version\r\n"), StringComparison.Ordinal);
        Assert.Equal(0, broadcaster.Snapshot.Requests);
    }

    [Fact]
    public async Task A_client_is_told_what_memcached_itself_says()
    {
        using var under = await MemcachedUnderTest.StartAsync(2);
        using var client = await under.ConnectAsync();
        Assert.Equal(await under.EqualAsync("version\r\n"), await client.AskAsync("version\r\n"));
    }

    [Fact]
    public async Task Before_any_server_has_said_its_version_there_is_none()
    {
        using var down = FramedServer.Memcached(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(MemcachedUnderTest.Settings, [down.Address]);
        using var client = await TextClient.ConnectAsync(broadcaster.Port);
        Assert.Equal("SERVER_ERROR dynode: no server has said its version yet\r\n", await client.AskAsync("version\r\n"));
    }

    private static FramedScript Saying(string version) =>
        new() { Answer = request => request.Words[0] == "version" ? FramedReply.Line($"VERSION {version}") : null };

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int count) =>
        Eventually.Equal(count, () => broadcaster.Snapshot.Backends.Count(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
}
