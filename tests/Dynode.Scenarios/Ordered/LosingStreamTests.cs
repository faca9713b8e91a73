using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>A JetStream that loses what it had acknowledged, as with its power or by its disk: that is seen and said, and no server that lacks something stands there as if it did not.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class LosingStreamTests(ITestOutputHelper output)
{
    private const int Pushes = 300;

    private static readonly BroadcastSettings Once = Asking.RedisOnce with
    {
        ClaimLease = TimeSpan.FromSeconds(1),
        PlaceTimeout = TimeSpan.FromSeconds(2),
        BacklogBytesMax = 16 << 10,
    };

    /// <summary>Its store as it was before: whatever it had not written by then when its power went.</summary>
    [Fact]
    public async Task A_stream_that_comes_back_shorter_is_never_read_on_and_its_servers_are_said_to_be_ahead()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync();
        using var kept = new TemporaryFolder();
        BroadcasterUnderTest first = Start(nats, 1, east);
        await CurrentAsync(first, 1);
        await PushAsync(first, 0, Pushes);
        await nats.KillAsync();
        Copy(nats.Folder, kept.Path);
        await nats.StartAsync();
        await PushAsync(first, Pushes, 2 * Pushes);
        await nats.KillAsync();
        Directory.Delete(nats.Folder, recursive: true);
        Copy(kept.Path, nats.Folder);
        await nats.StartAsync();
        await Eventually.True(() => first.Snapshot.Feed is { State: StreamStandingKind.WentBack or StreamStandingKind.Forked, IsStill: true }, first.Dump);
        using (TestClient client = await first.ConnectAsync())
        {
            await client.SendAsync("RPUSH list never\r\n");
            Assert.EndsWith("not kept", await client.ReadLineAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        }

        first.Dispose();
        BroadcasterUnderTest second = Start(nats, 2, east);
        await Eventually.True(() => second.Snapshot.Backends is [{ Standing: { IsCurrent: true, Gap: "Ahead" or "Forked" } }], second.Dump);
        await PushAsync(second, 2 * Pushes, 3 * Pushes);
        Assert.Equal(Enumerable.Range(0, 3 * Pushes).Select(Element), await ListAsync(east));
        second.Dispose();
    }

    /// <summary>A server that catches up from it has all, or has a gap, or waits, and the log says why.</summary>
    [Fact]
    public Task A_block_that_its_disk_has_damaged_leaves_no_server_that_lacks_something_without_a_word() => Seed.RunAsync(async random =>
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        BroadcasterUnderTest broadcaster = Start(nats, 1, east, west);
        await CurrentAsync(broadcaster, 2);
        await PushAsync(broadcaster, 0, 10);
        await west.KillAsync();
        await PushAsync(broadcaster, 10, 10 + Pushes);
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing is { IsFromStream: true }, broadcaster.Dump);
        await nats.KillAsync();
        string block = Directory.EnumerateFiles(nats.Folder, "*.blk", SearchOption.AllDirectories).Where(static path => path.Contains("orders", StringComparison.Ordinal)).MaxBy(static path => new FileInfo(path).Length)!;
        await using (var file = new FileStream(block, FileMode.Open, FileAccess.ReadWrite))
        {
            long at = random.NextInt64(file.Length / 10, file.Length);
            file.Position = at;
            int was = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)(was ^ (1 << random.Next(8))));
            output.WriteLine($"byte {at} of {file.Length}");
        }

        await nats.StartAsync();
        await west.StartAsync();
        await Eventually.True(
            () => broadcaster.Snapshot is { Feed: { State: not StreamStandingKind.Reading and not StreamStandingKind.Away and not StreamStandingKind.Seeking } }
                or { Backends: [_, { Standing.Gap: not null }] }
                or { Backends: [_, { Standing: { IsCurrent: true, IsFromStream: false, LagRequests: 0 } }] }
                || broadcaster.Log.Count(1543) > 0 || broadcaster.Log.Count(1542) > 0,
            broadcaster.Dump);
        var (feed, standing) = (broadcaster.Snapshot.Feed!, broadcaster.Snapshot.Backends[1].Standing!);
        output.WriteLine($"{feed.State} {feed.Why}; {standing}");
        string[] all = await ListAsync(east), some = await ListAsync(west);
        Assert.Equal(Enumerable.Range(0, 10 + Pushes).Select(Element), all);
        if (standing is { Gap: null, IsCurrent: true, IsFromStream: false })
            Assert.Equal(all, some);
        Assert.Equal(some.Distinct(), some);
        broadcaster.Dispose();
    });

    private static BroadcasterUnderTest Start(RealServer nats, int life, params RealServer[] servers)
    {
        Assert.True(NatsUrl.TryParse($"nats://{nats.Address}/orders", out NatsUrl? url, out string fault), fault);
        return BroadcasterUnderTest.Start(Once, [.. servers.Select(static server => server.Address)], TimeProvider.System, pool =>
        {
            var log = new NatsLog(new NatsSettings(url!) { Replicas = 1 }, pool, TimeProvider.System);
            return new OrderedLog(log, log, $"{life:x16}", "test", $"test, broadcaster {life}");
        });
    }

    private static string Element(int n) => $"{n}:{new string('x', 60)}";

    private static async Task PushAsync(BroadcasterUnderTest broadcaster, int from, int to)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        for (int n = from; n < to; n++)
        {
            await client.SendAsync($"RPUSH list {Element(n)}\r\n");
            string? said = await client.ReadLineAsync(TimeSpan.FromMinutes(1));
            Assert.True(said?.StartsWith(':') == true, $"{n}: {said}\n{broadcaster.Dump()}");
        }
    }

    private static async Task<string[]> ListAsync(RealServer redis) =>
        (await redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) == servers, broadcaster.Dump);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)), overwrite: true);
    }
}
