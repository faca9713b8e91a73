using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Streams;
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
    private static readonly (bool There, bool Back)[] Ways = [(true, true), (true, false), (false, true)];

    [Fact]
    public async Task A_broadcaster_and_the_stream()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using var way = new PartingProxy(nats.Port);
        using BroadcasterUnderTest one = StreamLoad.StartAt([way.Address], 1, [east.Address]), two = StreamLoad.Start([nats], 2, [west]);
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

    /// <summary>The one that leads, from both others: so that they choose another, though it may still hear them; and for so short that nobody does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_servers_of_the_stream(bool isBothWays)
    {
        using NatsCluster cluster = await NatsCluster.StartAsync(canPart: true);
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = StreamLoad.Start(cluster.Servers, 1, [east], Patient, replicas: 3), two = StreamLoad.Start(cluster.Servers, 2, [west], Patient, replicas: 3);
        await StreamLoad.CurrentAsync(one, Election);
        await StreamLoad.CurrentAsync(two, Election);
        var load = new StreamLoad();
        load.Begin(Clients, one, two);
        await load.SomeAsync(50, Dump);
        if (!isBothWays)
        {
            cluster.Part(await LeaderAsync(), says: false);
            await Eventually.True(() => one.Snapshot.Feed!.InFlight > 0 && one.Snapshot.Feed.Waiting >= Clients, Dump);
            cluster.Heal();
            await load.SomeAsync(50, Dump);
        }

        int leader = await LeaderAsync(), told = load.Told.Count;
        cluster.Part(leader, hears: isBothWays);

        // Some come by that were on their way. Whoever is connected to that one alone hears of no other.
        await Eventually.True(() => (IsOther(one) || IsOther(two)) && load.Told.Count > told + 50, Dump, Election);
        cluster.Heal();
        await Eventually.True(() => load.Told.Count > told + 150, Dump, Election);
        await EndAsync(Dump, [load], east, west);
        Assert.All(one.Snapshot.Backends.Concat(two.Snapshot.Backends), static backend => Assert.Null(backend.Standing!.Gap));
        output.WriteLine($"{load}; led by n{leader}, then by {one.Snapshot.Feed!.Leader}; {one.Snapshot.Feed.SentAgain} and {two.Snapshot.Feed!.SentAgain} sent again");

        bool IsOther(BroadcasterUnderTest broadcaster) => broadcaster.Snapshot.Feed!.Leader is { Length: > 0 } now && now != $"n{leader}";

        async Task<int> LeaderAsync()
        {
            await Eventually.True(() => one.Snapshot.Feed!.Leader.Length == 2, Dump);
            return one.Snapshot.Feed!.Leader[1] - '0';
        }

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
