using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>The operator's word that a server misses nothing: it is reported when it is written where the next broadcaster looks, and not before. Real servers; the stream is in memory.</summary>
public sealed class GapClosingTests
{
    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = TimeSpan.FromSeconds(1) };

    [Fact]
    [Trait("Server", "redis")]
    public async Task When_it_is_reported_closed_the_watermark_says_so_whatever_clients_write_and_read_meanwhile()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        await PushAsync(broadcaster, 10);
        for (int round = 0; round < 10; round++)
        {
            await WipeAsync(broadcaster, west);
            Assert.Equal("Added", (await MarkAsync(west)).Gap);
            bool isOver = false, isCutting = true;
            Task[] busy = round % 2 == 0 ? [] : [.. Enumerable.Range(0, 4).Select(i => BusyAsync(broadcaster, isReads: i % 2 == 0, () => !Volatile.Read(ref isOver)))];

            // One that is not connected just then would be told no.
            var asked = broadcaster.Door.CloseGapsAsync(new GapOrder([BroadcasterUnderTest.Address(west.Address)]));
            Task cutting = round % 4 == 3 ? CutAsync(broadcaster, west, () => Volatile.Read(ref isCutting)) : Task.CompletedTask;
            var closed = await asked;

            // Asked for at once: nothing may come behind the answer. Who cuts would cut us.
            Volatile.Write(ref isCutting, false);
            await cutting;
            Watermark said = await MarkAsync(west);
            Volatile.Write(ref isOver, true);
            Assert.True(closed[0] is { Fate: GapFate.Closed, Reason: DropReason.Added } && said.Gap.Length == 0, $"round {round}: {closed[0]}, {said}\n{broadcaster.Dump()}");
            Assert.InRange(closed[0].Number!.Value, 1ul, said.Number);
            Assert.Null(GapOf(broadcaster, west));
            await Task.WhenAll(busy);
        }

        Assert.Equal(10, broadcaster.Log.Count(1534));
        Assert.True((await LivingAsync(broadcasters)).HadData);
    }

    /// <summary>What is reported holds for the next broadcaster, and what was not reported may not have been.</summary>
    [Fact]
    [Trait("Server", "redis")]
    public async Task A_closed_gap_stays_closed_at_the_next_broadcaster_and_one_that_is_not_stays()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        BroadcasterUnderTest first = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(first, 2);
        await PushAsync(first, 10);
        await WipeAsync(first, west);
        await WipeAsync(first, east);
        Assert.Equal(GapFate.Closed, (await first.Door.CloseGapsAsync(new GapOrder([BroadcasterUnderTest.Address(west.Address)])))[0].Fate);
        CutKeys keys = broadcasters.Keys[^1];
        keys.IsCut = true;
        first.Dispose();
        using BroadcasterUnderTest next = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(next, 2);
        Assert.Null(GapOf(next, west));
        Assert.Equal("Added", GapOf(next, east));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task A_server_that_is_away_is_not_reported_closed_and_one_that_is_silent_not_before_it_has_said_so()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        await PushAsync(broadcaster, 10);
        await WipeAsync(broadcaster, west);
        west.Process.Send(UnixSignal.Stop);
        var asked = await broadcaster.Door.CloseGapsAsync(GapOrder.All);
        Assert.Equal((GapFate.NotWritten, DropReason.Added), Of(asked, west));
        Assert.Equal(GapFate.None, Of(asked, east).Fate);
        Assert.Equal("Added", GapOf(broadcaster, west));
        Assert.True(broadcaster.Snapshot.Backends[1].Standing!.IsGapClosing);

        // It stands, and is closed as soon as the server writes again.
        west.Process.Send(UnixSignal.Continue);
        await Eventually.True(() => GapOf(broadcaster, west) is null, broadcaster.Dump);
        Assert.Equal("", (await MarkAsync(west)).Gap);
        Assert.Equal(1, broadcaster.Log.Count(1534));

        await west.KillAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing is not { IsConnected: true }, broadcaster.Dump);
        Assert.Equal(GapFate.NotConnected, Of(await broadcaster.Door.CloseGapsAsync(new GapOrder([BroadcasterUnderTest.Address(west.Address)])), west).Fate);
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task A_server_that_loses_its_data_while_its_gap_is_being_closed_has_a_gap()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest broadcaster = broadcasters.Start(Once, east.Address, west.Address);
        await CurrentAsync(broadcaster, 2);
        await PushAsync(broadcaster, 10);
        await WipeAsync(broadcaster, west);
        west.Process.Send(UnixSignal.Stop);
        Task<ImmutableArray<GapClosed>> asked = broadcaster.Door.CloseGapsAsync(GapOrder.All);
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing!.IsGapClosing, broadcaster.Dump);
        await west.KillAsync();
        Directory.Delete(Path.Combine(west.Folder, "appendonlydir"), recursive: true);
        await west.StartAsync();
        Assert.Equal(GapFate.Void, Of(await asked, west).Fate);
        Assert.Equal("Added", GapOf(broadcaster, west));
        await Eventually.True(() => broadcaster.Snapshot.Backends[1].Standing is { IsConnected: true }, broadcaster.Dump);
        Assert.Equal("Added", (await MarkAsync(west)).Gap);
        Assert.Equal(1, broadcaster.Log.Count(1535));
    }

    /// <summary>A new stream, the old one deleted: what servers hold is of none. Each is adopted, and the next life finds nothing to say.</summary>
    [Fact]
    [Trait("Server", "redis")]
    public async Task What_is_of_another_stream_is_closed_by_adopt_alone()
    {
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using (var old = new OrderedBroadcasters())
        {
            using BroadcasterUnderTest broadcaster = old.Start(Once, east.Address, west.Address);
            await CurrentAsync(broadcaster, 2);
            await PushAsync(broadcaster, 20);
        }

        using var anew = new OrderedBroadcasters(identity: new StreamIdentity("orders", 2));
        BroadcasterUnderTest first = anew.Start(Once, east.Address, west.Address);
        await CurrentAsync(first, 2);
        await PushAsync(first, 5);
        Assert.All(await first.Door.CloseGapsAsync(GapOrder.All), static gap => Assert.Equal((GapFate.NeedsAdopt, DropReason.Foreign), (gap.Fate, gap.Reason!.Value)));
        Assert.Equal("Foreign", (await MarkAsync(east)).Gap);
        ImmutableArray<GapClosed> adopted = await first.Door.CloseGapsAsync(new GapOrder([], Adopts: true));
        Assert.All(adopted, static gap => Assert.Equal(GapFate.Closed, gap.Fate));
        Assert.All(adopted, static gap => Assert.True(gap.Number > 0));
        Assert.All(await Task.WhenAll(MarkAsync(east), MarkAsync(west)), static mark => Assert.Equal("", mark.Gap));
        Assert.All(await first.Door.CloseGapsAsync(new GapOrder([], Adopts: true)), static gap => Assert.Equal((GapFate.None, true), (gap.Fate, gap.Number > 0)));
        first.Dispose();
        using BroadcasterUnderTest next = anew.Start(Once, east.Address, west.Address);
        await CurrentAsync(next, 2);
        Assert.All(next.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task Servers_of_another_broadcaster_are_named_with_who_has_them_and_left_alone()
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest has = broadcasters.Start(Once, east.Address);
        await CurrentAsync(has, 1);
        using BroadcasterUnderTest other = broadcasters.Start(Once, west.Address, east.Address);
        await CurrentAsync(other, 1);
        await Eventually.True(() => other.Snapshot.Backends.Any(static backend => backend.Place is { Claim: ClaimState.Taken }), other.Dump);
        GapClosed gap = (await other.Door.CloseGapsAsync(GapOrder.All)).Single(gap => gap.Server.ToString() == east.Address);
        Assert.Equal((GapFate.Elsewhere, "test, broadcaster 0000000000000001"), (gap.Fate, gap.Owner));
    }

    /// <summary>Without a watermark it is the place beside the stream that the next broadcaster looks at.</summary>
    [Fact]
    public async Task A_server_without_a_watermark_is_reported_closed_when_that_is_written_beside_the_stream()
    {
        using var broadcasters = new OrderedBroadcasters();
        using FramedServer east = FramedServer.Redis(), west = FramedServer.Redis();
        BroadcastSettings settings = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1) };
        BroadcasterUnderTest first = broadcasters.Start(settings, east.Address);
        await CurrentAsync(first, 1);
        using (TestClient client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);
        await broadcasters.PlaceAsync(east.Address, 1);
        BroadcasterUnderTest second = broadcasters.Start(settings, west.Address);
        await CurrentAsync(second, 1);
        Assert.Equal("Added", GapOf(second, west.Address));
        GapClosed closed = (await second.Door.CloseGapsAsync(new GapOrder([BroadcasterUnderTest.Address(west.Address)])))[0];
        broadcasters.Keys[^1].IsCut = true;
        Assert.Equal((GapFate.Closed, true), (closed.Fate, closed.Number > 0));
        second.Dispose();
        using BroadcasterUnderTest third = broadcasters.Start(settings, west.Address);
        await CurrentAsync(third, 1);
        Assert.Null(GapOf(third, west.Address));
        Assert.Equal(0, third.Log.Count(1506));
    }

    /// <summary>What was said before the order is still on its way beside the stream: it must not come behind what was reported.</summary>
    [Fact]
    public async Task It_is_not_reported_while_what_was_said_before_is_on_its_way()
    {
        using var broadcasters = new OrderedBroadcasters();
        using FramedServer east = FramedServer.Redis(), west = FramedServer.Redis();
        BroadcastSettings settings = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(60) };
        BroadcasterUnderTest first = broadcasters.Start(settings, east.Address);
        await CurrentAsync(first, 1);
        using (TestClient client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 0, 20);
        await broadcasters.PlaceAsync(east.Address, 1);
        BroadcasterUnderTest second = broadcasters.Start(settings, west.Address);
        await Eventually.True(() => second.Snapshot.Backends[0].Place is { Claim: ClaimState.Held }, second.Dump);
        var until = new TaskCompletionSource();
        CutKeys keys = broadcasters.Keys[^1];
        keys.Holds = (ClaimedServer.KeyOf($"test/{west.Address}"), until.Task);
        await Eventually.True(() => keys.Held > 0 && GapOf(second, west.Address) == "Added", second.Dump);
        Task<ImmutableArray<GapClosed>> asked = second.Door.CloseGapsAsync(GapOrder.All);
        await Eventually.True(() => second.Snapshot.Backends[0].Standing!.IsGapClosing, second.Dump);
        using (TestClient client = await first.ConnectAsync())
            await OrderedBroadcasters.WriteAsync(client, 20, 40);
        Assert.False(asked.IsCompleted);
        keys.Holds = null;
        until.SetResult();
        Assert.Equal(GapFate.Closed, (await asked)[0].Fate);
        keys.IsCut = true;
        var value = await broadcasters.Stream.Keys.GetAsync(ClaimedServer.KeyOf($"test/{west.Address}"), TestContext.Current.CancellationToken);
        Assert.False(ClaimedServer.Read(value!.Value.Span)!.Place!.HasGap);
    }

    private static (GapFate Fate, DropReason? Reason) Of(ImmutableArray<GapClosed> gaps, RealServer server)
    {
        GapClosed gap = gaps.Single(gap => gap.Server.ToString() == server.Address);
        return (gap.Fate, gap.Reason);
    }

    private static string? GapOf(BroadcasterUnderTest broadcaster, RealServer server) => GapOf(broadcaster, server.Address);

    private static string? GapOf(BroadcasterUnderTest broadcaster, string address) => broadcaster.Snapshot.Backends.Single(backend => backend.Address.ToString() == address).Standing?.Gap;

    private static async Task WipeAsync(BroadcasterUnderTest broadcaster, RealServer server)
    {
        await server.KillAsync();
        Directory.Delete(Path.Combine(server.Folder, "appendonlydir"), recursive: true);
        await server.StartAsync();
        await Eventually.True(() => broadcaster.Snapshot.Backends.Single(backend => backend.Address.ToString() == server.Address).Standing is { IsConnected: true, Gap: "Added" }, broadcaster.Dump);
    }

    private static async Task PushAsync(BroadcasterUnderTest broadcaster, int count)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        for (int i = 0; i < count; i++)
            Assert.StartsWith(":", await client.AskAsync("RPUSH list x"), StringComparison.Ordinal);
    }

    private static async Task BusyAsync(BroadcasterUnderTest broadcaster, bool isReads, Func<bool> goesOn)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        while (goesOn())
            await client.AskAsync(isReads ? "EXISTS list" : "INCR number");
    }

    private static async Task CutAsync(BroadcasterUnderTest broadcaster, RealServer server, Func<bool> goesOn)
    {
        // Whoever is cut all the time can be told nothing.
        for (int cuts = 0; cuts < 4 && goesOn(); cuts++)
        {
            await Eventually.True(() => !goesOn() || broadcaster.Snapshot.Backends.Single(backend => backend.Address.ToString() == server.Address).Standing is { IsConnected: true }, broadcaster.Dump);
            await server.AskAsync("CLIENT KILL TYPE normal SKIPME yes");
        }
    }

    private static async Task<Watermark> MarkAsync(RealServer server) =>
        Watermark.Read(System.Text.Encoding.ASCII.GetBytes(await server.AskAsync("GET dynode:watermark"))) ?? throw new ExpectationException("no watermark");

    private static async Task<LivingTable> LivingAsync(OrderedBroadcasters broadcasters) =>
        LivingTable.Read((await broadcasters.Stream.Keys.GetAsync(LivingTable.Key, TestContext.Current.CancellationToken))!.Value.Span)!;

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers) => Eventually.True(
        () => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }) == servers, broadcaster.Dump);
}
