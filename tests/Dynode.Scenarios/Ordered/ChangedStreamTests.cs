using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Streams;
using Dynode.Streams;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Somebody administers the JetStream while clients write: another server is to lead it, it keeps less, it is emptied, it is made so that it would break the order. Each is said, and nothing is lost in silence.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class ChangedStreamTests(ITestOutputHelper output)
{
    private const int Clients = 4;
    private const string MayBeEmptied = "\"deny_purge\":false,\"deny_delete\":false";

    private static readonly TimeSpan Election = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_leader_that_steps_down_each_second_costs_nobody_anything()
    {
        const int Times = 6;
        using NatsCluster cluster = await NatsCluster.StartAsync();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = StreamLoad.Start(cluster.Servers, 1, [east], Patient, replicas: 3), two = StreamLoad.Start(cluster.Servers, 2, [west], Patient, replicas: 3);
        await StreamLoad.CurrentAsync(one, Election);
        await StreamLoad.CurrentAsync(two, Election);
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(cluster.Servers[0].Port);
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        using (var second = new PeriodicTimer(TimeSpan.FromSeconds(1)))
        {
            for (int i = 0; i < Times; i++)
            {
                await load.SomeAsync(20, Dump);
                Assert.Contains("\"success\":true", await admin.AskAsync("$JS.API.STREAM.LEADER.STEPDOWN.orders"), StringComparison.Ordinal);
                await second.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }

        await load.SomeAsync(200, Dump);
        await load.EndAsync();
        await load.EqualAsync(Dump, east, west);
        output.WriteLine($"{Times} times: {load}; {one.Snapshot.Feed!.LeaderChanges} and {two.Snapshot.Feed!.LeaderChanges} changes seen, {one.Snapshot.Feed.SentAgain} and {two.Snapshot.Feed.SentAgain} sent again");
        Assert.Equal((0, 0), (load.NotKept.Count, load.Unknown.Count));
        Assert.All(one.Snapshot.Backends.Concat(two.Snapshot.Backends), static backend => Assert.Null(backend.Standing!.Gap));

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}";
    }

    [Fact]
    public async Task What_falls_out_because_it_keeps_less_is_a_gap_of_who_had_not_read_it_and_of_nobody_else()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(nats.Port);
        await admin.MakeAsync("orders");
        using BroadcasterUnderTest broadcaster = StreamLoad.Start([nats], 1, [east, west], static settings => settings with { BacklogBytesMax = 16 << 10 });
        await StreamLoad.CurrentAsync(broadcaster);
        var load = new StreamLoad();
        load.Begin(Clients, broadcaster);
        await load.SomeAsync(200, broadcaster.Dump);
        await west.KillAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing is { IsFromStream: true }, broadcaster.Dump);
        await load.SomeAsync(500, broadcaster.Dump);
        await admin.ChangeAsync("orders", "\"max_bytes\":16384,\"max_age\":1000000000");
        await west.StartAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing is { IsFromStream: false, LagRequests: < 100, IsConnected: true, Gap: nameof(DropReason.Retention) }, broadcaster.Dump);

        // By the numbers that are missing; or no table of the lanes is kept any more from which it could read on. On a busy machine it is overtaken more than once.
        Assert.InRange(broadcaster.Log.Count(1542) + broadcaster.Log.Count(1543), 1, int.MaxValue);
        await load.SomeAsync(200, broadcaster.Dump);
        await load.EndAsync();
        await Eventually.True(() => broadcaster.Log.Of(1718).Any(static line => line.Contains("max_age=1s, and log_keep=", StringComparison.Ordinal) && line.Contains("max_bytes=16384, and log_bytes=268435456", StringComparison.Ordinal)), broadcaster.Dump);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { LagRequests: 0 }), broadcaster.Dump);
        await load.EqualAsync(broadcaster.Dump, east);
        Assert.Null(broadcaster.Snapshot.Backends[0].Standing!.Gap);
        Assert.Equal((0, 0), (load.NotKept.Count, load.Unknown.Count));

        // Each once, in their order; what it has missed lies between.
        string[] all = await StreamLoad.ListAsync(east), some = await StreamLoad.ListAsync(west);
        output.WriteLine($"{load}; {all.Length} elements, and {some.Length} at the one that was away; {string.Join("; ", broadcaster.Log.Of(1542).Concat(broadcaster.Log.Of(1543)))}");
        HashSet<string> had = [.. some];
        Assert.Equal(all.Where(had.Contains), some);
        Assert.InRange(some.Length, 1, all.Length - 1);
        Assert.Equal((all[0], all[^1]), (some[0], some[^1]));
        await admin.ChangeAsync("orders", "\"max_age\":86400000000000");
        await Eventually.True(() => broadcaster.Log.Count(1719) == 1, broadcaster.Dump);
    }

    /// <summary>Who has read all loses nothing by it; who has not goes on behind that by itself, and its server has a gap.</summary>
    [Fact]
    public async Task One_that_is_emptied_again_and_again_loses_nothing_in_silence()
    {
        const int Times = 20;
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(nats.Port);
        await admin.MakeAsync("orders", MayBeEmptied);
        using BroadcasterUnderTest one = StreamLoad.Start([nats], 1, [east]), two = StreamLoad.Start([nats], 2, [west]);
        await StreamLoad.CurrentAsync(one);
        await StreamLoad.CurrentAsync(two);
        Assert.Contains("deny_purge=false: somebody may empty it", one.Log.Of(1718).Single(), StringComparison.Ordinal);
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        for (int i = 0; i < Times && !IsOvertaken(one) && !IsOvertaken(two); i++)
        {
            int before = load.Told.Count;
            await Eventually.True(() => load.Told.Count > before + 200 || IsOvertaken(one) || IsOvertaken(two), Dump);
            Assert.Contains("\"success\":true", await admin.AskAsync("$JS.API.STREAM.PURGE.orders"), StringComparison.Ordinal);
        }

        await load.EndAsync();

        // Where it was emptied in the midst of what is published no table is left to begin from, until some lane has published one.
        await Eventually.True(() => Array.TrueForAll([one, two], static broadcaster => broadcaster.Snapshot.Feed is { IsReading: true } or { State: StreamStandingKind.NoTable }), Dump);
        foreach ((BroadcasterUnderTest broadcaster, RealServer redis) in ((BroadcasterUnderTest, RealServer)[])[(one, east), (two, west)])
        {
            string[] list = await StreamLoad.ListAsync(redis);
            Assert.Equal(list.Distinct(), list);
            Assert.Empty(load.NotKept.Intersect(list));
            if (!IsOvertaken(broadcaster))
                Assert.Null(broadcaster.Snapshot.Backends[0].Standing!.Gap);
            else if (broadcaster.Snapshot.Feed!.IsReading)
                await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsCurrent: true, Gap: nameof(DropReason.Retention) }, Dump);
        }

        output.WriteLine($"{load}; overtaken: {one.Snapshot.Feed!.Overtaken}, {two.Snapshot.Feed!.Overtaken}; {one.Snapshot.Feed.State}, {two.Snapshot.Feed.State}");
        if (!IsOvertaken(one) && !IsOvertaken(two))
            await load.EqualAsync(Dump, east, west);

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}";
    }

    [Fact]
    public async Task One_that_would_break_the_order_from_now_on_is_used_no_more_until_it_is_mended()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(nats.Port);
        await admin.MakeAsync("orders");
        using BroadcasterUnderTest broadcaster = StreamLoad.Start([nats], 1, [east]);
        await StreamLoad.CurrentAsync(broadcaster);
        var load = new StreamLoad();
        load.Begin(Clients, broadcaster);
        await load.SomeAsync(200, broadcaster.Dump);
        await admin.ChangeAsync("orders", "\"discard\":\"new\"");
        await Eventually.True(() => broadcaster.Log.Count(1702) == 1 && !load.NotKept.IsEmpty, () => $"{load}\n{broadcaster.Dump()}");
        Assert.Contains("stream orders has discard=new: it must be old", broadcaster.Log.Of(1702).Single(), StringComparison.Ordinal);
        Assert.Equal(StreamStandingKind.Fault, broadcaster.Snapshot.Feed!.State);
        await admin.ChangeAsync("orders", "\"discard\":\"old\"");
        await load.SomeAsync(200, broadcaster.Dump);
        await load.EndAsync();
        await load.EqualAsync(broadcaster.Dump, east);
        output.WriteLine($"{load}");
        Assert.Null(broadcaster.Snapshot.Backends[0].Standing!.Gap);
    }

    private static bool IsOvertaken(BroadcasterUnderTest broadcaster) => broadcaster.Snapshot.Feed is { Overtaken: > 0 } or { IsStill: true };

    // As users have it: an election is waited for.
    private static BroadcastSettings Patient(BroadcastSettings settings) => settings with { PlaceTimeout = TimeSpan.FromSeconds(15), ClaimLease = TimeSpan.FromSeconds(10) };
}
