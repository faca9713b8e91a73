using System.Diagnostics;
using System.Globalization;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Several broadcasters that all list the same servers, in another order: each server is delivered to by who lists it first of those that live.</summary>
public sealed class OwnersTests(ITestOutputHelper output)
{
    private const int HandoversDefault = 4;
    private const string HandoversVariable = "DYNODE_HANDOVERS";

    // Long enough for a busy machine, short enough to be waited for.
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(6) };

    private static int Handovers => Environment.GetEnvironmentVariable(HandoversVariable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : HandoversDefault;

    [Fact]
    public async Task Each_delivers_to_those_that_it_lists_first_and_all_have_the_same()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var east = both.Start(Redis, a.Address, b.Address);
        await east.CurrentAsync(a, b);
        using (var client = await east.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);

        // It has b, and gives it up: the other one lists it first.
        var west = both.Start(Redis, b.Address, a.Address);
        await west.CurrentAsync(b);
        Assert.Equal(1, east.Log.Count(1713));
        using (var client = await east.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 20, 40);
        using (var client = await west.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 40, 60);
        await a.RequestsAsync(60);
        await b.RequestsAsync(60);
        Assert.Equal(Enumerable.Range(0, 60).Select(n => $"RPUSH list {n}"), a.Texts);
        Assert.Equal(a.Texts, b.Texts);
        Assert.Equal((ClaimState.Held, ClaimState.Taken), (ClaimOf(east, a), ClaimOf(east, b)));
        Assert.Equal((ClaimState.Taken, ClaimState.Held), (ClaimOf(west, a), ClaimOf(west, b)));
        Assert.Null(west.Of(b).Standing!.Gap);
    }

    /// <summary>The pair that is one broadcaster: the second stands by, and has no server of its own until the first is gone.</summary>
    [Fact]
    public async Task Of_two_that_list_the_same_in_the_same_order_the_second_stands_by_and_takes_over_when_the_first_dies()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var first = both.Start(Redis, a.Address, b.Address);
        await first.CurrentAsync(a, b);
        var second = both.Start(Redis, a.Address, b.Address);
        using (var client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);
        await Eventually.True(() => second.Log.Count(1705) == 2, both.Dump);
        Assert.All(second.Snapshot.Backends, static backend => Assert.False(backend.Standing?.IsCurrent ?? false));
        await both.PlaceAsync(a.Address, both.Stream.State.Last);
        await both.PlaceAsync(b.Address, both.Stream.State.Last);
        both.Keys[0].IsCut = true;
        first.Dispose();
        await second.CurrentAsync(a, b);
        using (var client = await second.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 20, 40);
        await a.RequestsAsync(40);
        await b.RequestsAsync(40);
        Assert.Equal(Enumerable.Range(0, 40).Select(n => $"RPUSH list {n}"), a.Texts);
        Assert.Equal(a.Texts, b.Texts);
        Assert.All(second.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));
    }

    /// <summary>A drain gives all up at once: nobody waits for a lease.</summary>
    [Fact]
    public async Task Whoever_drains_is_followed_at_once()
    {
        using var a = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var settings = Redis with { ClaimLease = TimeSpan.FromMinutes(5) };
        var first = both.Start(settings, a.Address);
        await first.CurrentAsync(a);
        var second = both.Start(settings, a.Address);
        using (var client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);
        await Eventually.True(() => second.Log.Count(1705) == 1, both.Dump);
        await first.DrainAsync();
        await second.CurrentAsync(a);
        using (var client = await second.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 20, 40);
        Assert.Equal(Enumerable.Range(0, 40).Select(n => $"RPUSH list {n}"), a.Texts);
        Assert.Null(second.Of(a).Standing!.Gap);
    }

    /// <summary>Whoever has a server gives it up under load and gets it back, again and again: none of its requests is there twice, none is missing, none is out of order.</summary>
    [Fact]
    public async Task A_server_that_goes_to_and_fro_under_load_has_what_the_others_have()
    {
        const int Clients = 4;
        int times = Handovers;

        // Who wants it is seen once in a third of a lease: that is what a time to and fro takes.
        var settings = Redis with { ClaimLease = TimeSpan.FromSeconds(2) };
        long began = Stopwatch.GetTimestamp();
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var east = both.Start(settings, a.Address, b.Address);
        await east.CurrentAsync(a, b);
        bool isOver = false;
        int pushed = 0;
        Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            using var client = await east.ConnectAsync();
            for (int n = 0; !Volatile.Read(ref isOver); n++)
            {
                await client.SendAsync($"RPUSH list {i}:{n}\r\n");
                Assert.Equal("+OK", await client.ReadLineAsync());
                Interlocked.Increment(ref pushed);
            }
        }));
        for (int time = 0; time < times; time++)
        {
            int before = Volatile.Read(ref pushed);
            var west = both.Start(settings, b.Address, a.Address);
            await west.CurrentAsync(b);
            Assert.Null(west.Of(b).Standing!.Gap);
            await Eventually.True(() => Volatile.Read(ref pushed) > before + 50 || pushing.IsFaulted, both.Dump);
            await west.DrainAsync();
            await east.CurrentAsync(a, b);
        }

        Volatile.Write(ref isOver, true);
        await pushing;
        await a.RequestsAsync(pushed);
        await b.RequestsAsync(pushed);
        Assert.Equal(a.Texts.Distinct(), a.Texts);
        Assert.Equal(a.Texts, b.Texts);
        Assert.Equal(pushed, a.Texts.Count);
        Assert.All(east.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));
        Assert.Equal(times, east.Log.Count(1713));
        output.WriteLine($"{times} times to and fro, {pushed} pushed, equal and once each, in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    /// <summary>It lists the server first, and the way there is cut: it gives it back to the one that had it, and gets it when it can reach it.</summary>
    [Fact]
    public async Task Whoever_cannot_reach_a_server_gives_it_to_one_that_can_though_it_lists_it_first()
    {
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis();
        using var names = new ScriptedNames();
        using var cut = new ScriptedNames();
        using var both = new OrderedBroadcasters();
        var settings = Redis with { ClaimLease = TimeSpan.FromSeconds(3) };
        names.Set("a.example", "127.0.0.1");
        cut.Set("a.example", "127.0.0.2");
        string name = $"a.example:{a.Port}";
        var east = both.Start(settings, new NameLookups(names.Look, 1, TimeProvider.System), b.Address, name);
        await Eventually.True(() => east.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true }), both.Dump);
        using var client = await east.ConnectAsync();
        await OrderedBroadcasters.WriteAsync(client, 0, 20);
        var west = both.Start(settings, new NameLookups(cut.Look, 1, TimeProvider.System), name);
        await Eventually.True(() => west.Log.Count(1707) == 1, both.Dump);
        Assert.Equal(1, east.Log.Count(1713));

        // It has it, and in vain: what is written meanwhile waits for whoever can.
        await OrderedBroadcasters.WriteAsync(client, 20, 40);
        Assert.Equal(20, a.Texts.Count);
        await Eventually.True(() => west.Log.Count(1716) == 1, both.Dump);
        await a.RequestsAsync(40);
        Assert.Equal(b.Texts, a.Texts);

        // Slow as this machine may be, it may have tried again meanwhile.
        Assert.InRange(west.Log.Count(1713), 1, east.Log.Count(1713));
        await Eventually.Equal(
            (ClaimState.Held, ClaimState.Taken), () => (east.Snapshot.Backends[1].Place!.Claim, west.Snapshot.Backends[0].Place!.Claim), both.Dump);
        await OrderedBroadcasters.WriteAsync(client, 40, 60);
        await a.RequestsAsync(60);
        Assert.Equal(b.Texts, a.Texts);
        Assert.Null(east.Snapshot.Backends[1].Standing!.Gap);
    }

    [Fact]
    public async Task One_that_is_alone_and_cannot_reach_a_server_keeps_it()
    {
        using var a = FramedServer.Redis(listens: false);
        using var both = new OrderedBroadcasters();
        var alone = both.Start(Redis with { ClaimLease = TimeSpan.FromSeconds(1) }, a.Address);
        await Eventually.True(() => alone.Log.Count(1716) == 1, both.Dump);
        a.Listen();
        await alone.CurrentAsync(a);
        Assert.Equal((0, 0), (alone.Log.Count(1713), alone.Log.Count(1706)));
    }

    /// <summary>Who reads what is kept beside the stream by hand, or a program that is not one of these.</summary>
    [Fact]
    public async Task That_the_table_of_those_that_live_holds_something_else_is_said_once_and_when_it_is_over()
    {
        using var a = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var one = both.Start(Redis, a.Address);
        await one.CurrentAsync(a);
        var value = await both.Stream.Keys.GetAsync(LivingTable.Key, TestContext.Current.CancellationToken);
        await PutAsync(both, "something else"u8.ToArray());
        await Eventually.True(() => one.Log.Count(1714) == 1, both.Dump);
        Assert.Contains("living holds something else", one.Snapshot.Feed!.Others, StringComparison.Ordinal);
        await PutAsync(both, value!.Value.ToArray());
        await Eventually.True(() => one.Log.Count(1715) == 1, both.Dump);
        Assert.Equal((1, ""), (one.Log.Count(1714), one.Snapshot.Feed!.Others));
    }

    private static async Task PutAsync(OrderedBroadcasters both, byte[] bytes)
    {
        for (ulong? written = null; written is null;)
        {
            var there = await both.Stream.Keys.GetAsync(LivingTable.Key, TestContext.Current.CancellationToken);
            written = await both.Stream.Keys.TryPutAsync(LivingTable.Key, bytes, there!.Revision, TestContext.Current.CancellationToken);
        }
    }

    private static ClaimState? ClaimOf(BroadcasterUnderTest broadcaster, FramedServer server) => broadcaster.Of(server).Place?.Claim;
}
