using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>A redis that cannot write its append-only file refuses all writes, the watermark among them: that is its state, not its requests', and passes; the stream is in memory.</summary>
[Trait("Server", "redis")]
public sealed class RedisFullTests(ITestOutputHelper output)
{
    private const int Clients = 6;

    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = TimeSpan.FromSeconds(3) };

    [Fact]
    public async Task While_its_disk_is_full_clients_are_told_so_and_all_that_was_acknowledged_is_there_once()
    {
        using var broadcasters = new OrderedBroadcasters();
        using FillingServer redis = await FillingServer.RedisAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, redis.Server.Address);
        await StreamLoad.CurrentAsync(broadcaster);
        var load = new StreamLoad();
        load.Begin(Clients, broadcaster);
        await load.SomeAsync(300, broadcaster.Dump);
        redis.Fill();
        await Eventually.True(() => load.NotKept.Count > 100 && broadcaster.Snapshot.Backends[0].Standing!.Watermark is { Mode: "suspended" }, () => $"{load}\n{broadcaster.Dump()}");
        redis.Free();
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing!.Watermark is { Mode: "batched" }, () => $"{load}\n{broadcaster.Dump()}");
        await load.SomeAsync(300, broadcaster.Dump);
        await load.EndAsync();
        await load.EqualAsync(broadcaster.Dump, redis.Server);
        output.WriteLine($"{(redis.IsDisk ? "a disk" : "a limit")}: {load}, gap {broadcaster.Snapshot.Backends[0].Standing!.Gap ?? "none"}");
        Assert.Empty(load.Unknown);
        Assert.Null(broadcaster.Snapshot.Backends[0].Standing!.Gap);
    }
}
