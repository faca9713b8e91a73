using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Streams;
using Dynode.Streams;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>
/// A network that parts each pair of those that speak with each other, in both directions and in one alone, while clients write, and is healed: all servers end equal, with each element once that a client was told of,
/// and none of which it was told that it is nowhere.
/// </summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class PartedTests(ITestOutputHelper output)
{
    private const int Clients = 3;

    private static readonly TimeSpan Election = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moved = TimeSpan.FromSeconds(90);
    private static readonly (bool There, bool Back)[] Ways = [(true, true), (true, false), (false, true)];

    [Fact]
    public async Task A_broadcaster_and_the_stream()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using var way = new PartingProxy(nats.Port);
        using BroadcasterUnderTest one = StreamLoad.StartAt([way.Address], 1, [east.Address], static settings => settings with { PlaceTimeout = TimeSpan.FromSeconds(1) }), two = StreamLoad.Start([nats], 2, [west]);
        await StreamLoad.CurrentAsync(one);
        await StreamLoad.CurrentAsync(two);
        var (parted, other) = (new StreamLoad(names: "a"), new StreamLoad(names: "b"));
        parted.Begin(Clients, one);
        other.Begin(Clients, two);
        foreach (var (there, back) in Ways)
        {
            await parted.SomeAsync(50, Dump);
            int untold = parted.NotKept.Count + parted.Unknown.Count;
            way.Part(there, back);
            await Eventually.True(() => parted.NotKept.Count + parted.Unknown.Count > untold, Dump);

            // Nobody else notices.
            await other.SomeAsync(50, Dump);
            way.Heal();
        }

        await parted.SomeAsync(50, Dump);
        await EndAsync(Dump, [parted, other], east, west);
        Assert.Equal((0, 0), (other.NotKept.Count, other.Unknown.Count));
        Assert.All(one.Snapshot.Backends.Concat(two.Snapshot.Backends), static backend => Assert.Null(backend.Standing!.Gap));
        output.WriteLine($"parted: {parted}; other: {other}; {one.Snapshot.Feed!.SentAgain} sent again, {one.Log.Count(1701)} times away");

        string Dump() => $"{parted}\n{other}\n{one.Dump()}\n\n{two.Dump()}";
    }

    /// <summary>What was on its way to the server arrives when others have come, and is not done then; what it has done and could not say is not done again.</summary>
    [Fact]
    public async Task A_broadcaster_and_a_server()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), south = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using var way = new PartingProxy(east.Port);
        using BroadcasterUnderTest one = StreamLoad.StartAt([nats.Address], 1, [way.Address, south.Address], static settings => settings with { ReplyTimeout = TimeSpan.FromSeconds(1) });
        using BroadcasterUnderTest two = StreamLoad.Start([nats], 2, [west]);
        await StreamLoad.CurrentAsync(one);
        await StreamLoad.CurrentAsync(two);
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        foreach (var (there, back) in Ways)
        {
            await load.SomeAsync(100, Dump);
            long lost = Lost();
            way.Part(there, back);
            await Eventually.True(() => Lost() > lost, Dump);
            await load.SomeAsync(100, Dump);
            way.Heal();
            await Eventually.True(() => one.Snapshot.Backends[0].Standing is { IsCurrent: true }, Dump);
        }

        await EndAsync(Dump, [load], east, south, west);
        Assert.Equal((0, 0), (load.NotKept.Count, load.Unknown.Count));
        Assert.All(one.Snapshot.Backends.Concat(two.Snapshot.Backends), static backend => Assert.Null(backend.Standing!.Gap));
        output.WriteLine($"{load}; {Lost()} connections lost; {one.Snapshot.Backends[0].Standing!.Watermark}");

        long Lost() => one.Snapshot.Backends[0].ConnectionsLost;

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}";
    }

    /// <summary>
    /// The one that leads, from both others: so that they choose another, though it may still hear them; and for so short that nobody does. Whoever is connected to the one that is parted goes to another,
    /// while it is parted still.
    /// </summary>
    [Fact]
    public async Task Two_servers_of_the_stream()
    {
        using NatsCluster cluster = await NatsCluster.StartAsync(canPart: true);
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = StreamLoad.Start(cluster.Servers, 1, [east], Patient, replicas: 3);
        await StreamLoad.CurrentAsync(one, Election);
        await Eventually.True(() => one.Snapshot.Feed!.Leader.Length == 2, one.Dump);
        int first = Leader();
        using BroadcasterUnderTest two = StreamLoad.Start(cluster.Servers.OrderBy(server => server != cluster.Servers[first]), 2, [west], Patient, replicas: 3);
        await StreamLoad.CurrentAsync(two, Election);
        Assert.Equal((first, cluster.Servers[first].Address), (Leader(), two.Snapshot.Feed!.Server));
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        await load.SomeAsync(50, Dump);
        int away = two.Log.Count(1701);
        await ElectedAsync(hears: true);
        Assert.True(two.Log.Count(1701) > away, Dump());

        // For so short that nobody is chosen.
        await load.SomeAsync(50, Dump);
        cluster.Part(Leader(), says: false);
        await Eventually.True(() => one.Snapshot.Feed!.InFlight > 0 && one.Snapshot.Feed.Waiting >= Clients, Dump);
        cluster.Heal();
        await NatsTogether.CurrentAsync(cluster.Servers, "orders", "KV_dynode_orders");
        await load.SomeAsync(50, Dump);
        await ElectedAsync(hears: false);
        await load.SomeAsync(50, Dump);
        await EndAsync(Dump, [load], east, west);
        Assert.All(one.Snapshot.Backends.Concat(two.Snapshot.Backends), static backend => Assert.Null(backend.Standing!.Gap));
        output.WriteLine($"{load}; led by n{first}, then by {one.Snapshot.Feed!.Leader}; {one.Log.Count(1701)} and {two.Log.Count(1701)} times elsewhere, {one.Snapshot.Feed.SentAgain} and {two.Snapshot.Feed!.SentAgain} sent again");

        async Task ElectedAsync(bool hears)
        {
            int leader = Leader(), told = load.Told.Count;
            long began = TimeProvider.System.GetTimestamp();
            cluster.Part(leader, hears: hears);

            // Some come by that were on their way.
            await Eventually.True(() => IsOther(one) && IsOther(two) && load.Told.Count > told + 50, Dump, Moved);
            cluster.Heal();
            await NatsTogether.CurrentAsync(cluster.Servers, "orders", "KV_dynode_orders");
            output.WriteLine($"n{leader}, which {(hears ? "hears nothing" : "hears")}: another after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");

            bool IsOther(BroadcasterUnderTest broadcaster) => broadcaster.Snapshot.Feed is { State: StreamStandingKind.Reading, Leader: { Length: > 0 } now } && now != $"n{leader}";
        }

        int Leader() => one.Snapshot.Feed!.Leader[1] - '0';

        string Dump() => $"{load}\n{one.Dump()}\n\n{two.Dump()}";
    }

    private static async Task EndAsync(Func<string> dump, StreamLoad[] loads, params RealServer[] servers)
    {
        foreach (StreamLoad load in loads)
            await load.EndAsync();
        foreach (StreamLoad load in loads)
            await load.EqualAsync(dump, servers);
    }

    // As users have it: an election is waited for.
    private static BroadcastSettings Patient(BroadcastSettings settings) => settings with { PlaceTimeout = TimeSpan.FromSeconds(15), ClaimLease = TimeSpan.FromSeconds(10) };
}
