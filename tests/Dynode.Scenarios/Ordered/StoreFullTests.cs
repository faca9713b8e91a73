using Dynode.Scenarios.Streams;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>A JetStream that can store nothing more, under load: that is said, with what helps; what it does not take is never acknowledged, and all goes on by itself when there is room again.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class StoreFullTests(ITestOutputHelper output)
{
    /// <summary>More than are in flight together: some wait for a parcel.</summary>
    private const int Clients = 12;

    /// <summary>What is waited for here is that they pass.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_disk_that_is_full_is_said_and_nothing_is_acknowledged_that_is_not_there()
    {
        using FillingServer nats = await FillingServer.NatsAsync();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = Start(nats.Server, 1, east), two = Start(nats.Server, 2, west);
        await StreamLoad.CurrentAsync(one);
        await StreamLoad.CurrentAsync(two);
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        await load.SomeAsync(500, Dump);
        nats.Fill();
        await FullAsync(load, one, two, nats.IsDisk ? "no space left on device (error 10077): its disk is full: make room where store_dir of nats-server lies" : "file too large (error 10077): its files may not grow: ");
        nats.Free();
        await GoesOnAsync(load, one, two);
        await load.EqualAsync(Dump, east, west);
        output.WriteLine($"{(nats.IsDisk ? "a disk" : "a limit")}: {load}");

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}\n\n{nats.Server.Process.Dump()}";
    }

    /// <summary>The keys beside the stream are refused as well: nobody renews a claim, and nobody can take one.</summary>
    [Fact]
    public async Task An_engine_that_gives_out_no_more_room_is_said_too()
    {
        using RealServer nats = await NatsServer.ConfiguredAsync("jetstream {\n max_file_store: 2MB\n}");
        await using (NatsAdmin admin = await NatsAdmin.ConnectAsync(nats.Port))
            await admin.MakeAsync("orders", "\"max_bytes\":-1");
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = Start(nats, 1, east), two = Start(nats, 2, west);
        await StreamLoad.CurrentAsync(one);
        await StreamLoad.CurrentAsync(two);
        var load = new StreamLoad(padding: 1_000);
        load.Begin(Clients, one, two);
        await FullAsync(load, one, two, "insufficient resources (error 10023): raise max_file_store of nats-server's jetstream");
        await nats.KillAsync();
        await File.WriteAllTextAsync(Path.Combine(nats.Folder, "nats.conf"), "jetstream {\n max_file_store: 1GB\n}");
        await nats.StartAsync();
        await GoesOnAsync(load, one, two);
        await load.EqualAsync(Dump, east, west);
        output.WriteLine($"{load}");

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}\n\n{nats.Process.Dump()}";
    }

    private static BroadcasterUnderTest Start(RealServer nats, int life, RealServer redis) =>
        StreamLoad.Start([nats], life, [redis], static settings => settings with { ClaimLease = Short, PlaceTimeout = Short });

    private static async Task FullAsync(StreamLoad load, BroadcasterUnderTest one, BroadcasterUnderTest two, string says)
    {
        await Eventually.True(() => load.NotKept.Count >= 2 && load.Unknown.Count >= 2 && one.Log.Count(1708) > 0 && two.Log.Count(1708) > 0, () => $"{load}\n{one.Dump()}\n\n{two.Dump()}");
        foreach (BroadcasterUnderTest broadcaster in (BroadcasterUnderTest[])[one, two])
        {
            Assert.Contains(says, broadcaster.Log.Of(1708).Last(), StringComparison.Ordinal);
            Assert.Contains(says, broadcaster.Snapshot.Feed!.Refusal, StringComparison.Ordinal);
        }
    }

    private static async Task GoesOnAsync(StreamLoad load, BroadcasterUnderTest one, BroadcasterUnderTest two)
    {
        await load.SomeAsync(500, () => $"{one.Dump()}\n\n{two.Dump()}");
        await load.EndAsync();
        foreach (BroadcasterUnderTest broadcaster in (BroadcasterUnderTest[])[one, two])
        {
            // What it has in flight goes out again after 8 s at the latest.
            await Eventually.True(() => broadcaster.Snapshot.Feed is { Refusal: "", InFlight: 0 } && broadcaster.Log.Count(1717) == broadcaster.Log.Count(1708), broadcaster.Dump);
            await StreamLoad.CurrentAsync(broadcaster);
            Assert.All(broadcaster.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));
        }
    }
}
