using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>What a broadcaster says of the stream that orders it.</summary>
public sealed class FiguresTests
{
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromSeconds(0.5) };

    [Fact]
    public async Task It_says_how_far_the_stream_and_its_servers_have_come_and_what_of_that_was_its_own()
    {
        using var server = FramedServer.Redis();
        using var other = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        ordered.Stream.Leader = "n1";
        var one = ordered.Start(Redis, server.Address);
        var two = ordered.Start(Redis, other.Address);
        await one.CurrentAsync(server);
        await two.CurrentAsync(other);
        using var client = await one.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync($"SET a {i}\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }

        ulong last = ordered.Stream.State.Last;
        foreach (var broadcaster in (BroadcasterUnderTest[])[one, two])
        {
            await Eventually.True(() => broadcaster.Snapshot is { Feed.Placed: var placed, Backends: [{ Place.Number: { } number }] } && placed == last && number == last, broadcaster.Dump);
            var feed = broadcaster.Snapshot.Feed!;
            Assert.Equal((StreamStandingKind.Reading, "", true, false), (feed.State, feed.Why, feed.IsReading, feed.IsStill));
            Assert.Equal(("orders", "memory:1", "n1", TimeSpan.FromMicroseconds(500)), (feed.Stream, feed.Server, feed.Leader, feed.RoundTrip));
            Assert.Equal((last, 0UL, 2), (feed.Last, feed.Lag, feed.Lanes));
            Assert.Equal(new(ClaimState.Held, "", last, 0), broadcaster.Snapshot.Backends[0].Place);
        }

        var (own, foreign) = (one.Snapshot.Feed!, two.Snapshot.Feed!);
        Assert.Equal((5, 5, 5), (own.Parcels, own.ParcelRequests, own.Places.Count));
        Assert.Equal((0, 0, 0), (foreign.Parcels, foreign.ParcelRequests, foreign.Places.Count));
        Assert.Equal((long)last, foreign.Read.Counted + foreign.Read.Doubled);
    }

    [Fact]
    public async Task It_says_that_the_log_is_away_and_why_and_what_was_not_kept()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await client.SendAsync("SET a 1\r\nSET a 2\r\n");
        await Eventually.True(() => broadcaster.Snapshot.Feed is { Waiting: 2 } or { NotKept: 2 }, broadcaster.Dump);
        Assert.Equal("-ERR the log is away: not kept", await client.ReadLineAsync());
        Assert.Equal("-ERR the log is away: not kept", await client.ReadLineAsync());
        var feed = broadcaster.Snapshot.Feed!;
        Assert.Equal((StreamStandingKind.Away, "the log is away: cut off by a test", false, false), (feed.State, feed.Why, feed.IsReading, feed.IsStill));
        Assert.Equal((2, 0, 0, 0), (feed.NotKept, feed.NotKeptUntold, feed.Unknown, feed.Places.Count));
    }

    [Fact]
    public async Task Its_log_says_where_it_is_connected_when_it_is_back_and_who_leads_the_stream()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        ordered.Stream.Leader = "n1";
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        string first = Assert.Single(broadcaster.Log.Of(1700));
        Assert.EndsWith("; in memory, asked in 0.5 ms", first, StringComparison.Ordinal);
        Assert.DoesNotContain("without it", first, StringComparison.Ordinal);
        ordered.Stream.Leader = "n2";
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await Eventually.True(() => broadcaster.Log.Count(1701) == 1, broadcaster.Dump);
        ordered.Logs[0].Connect(isHere: true);
        await Eventually.True(() => broadcaster.Log.Count(1700) == 2, broadcaster.Dump);
        Assert.Matches("the log is here, after [0-9.]+ s without it: stream ", broadcaster.Log.Of(1700).Last());
        await Eventually.True(() => broadcaster.Log.Count(1712) == 1, broadcaster.Dump);
        Assert.Contains("led by n2 now, and was by n1", broadcaster.Log.Of(1712).First(), StringComparison.Ordinal);
        await Eventually.True(() => broadcaster.Snapshot.Feed is { LeaderChanges: 1, Leader: "n2" }, broadcaster.Dump);
    }

    [Theory]
    [InlineData(8_192, 1)]
    [InlineData(1 << 20, 0)]
    public async Task That_requests_must_be_shorter_than_configured_is_said_once(int parcelBytes, int times)
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        ordered.Stream.Take(parcelBytes);
        var broadcaster = ordered.Start(Redis with { Framing = Redis.Framing with { RequestBytesMax = 100_000 } }, server.Address);
        await broadcaster.CurrentAsync(server);
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await Eventually.True(() => broadcaster.Log.Count(1701) == 1, broadcaster.Dump);
        ordered.Logs[0].Connect(isHere: true);
        await Eventually.True(() => broadcaster.Log.Count(1700) == 2, broadcaster.Dump);
        Assert.Equal(times, broadcaster.Log.Count(1711));
    }

    [Fact]
    public async Task A_stream_that_was_made_anew_is_said_to_be_another_and_to_stand_still()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, server.Address);
        await broadcaster.CurrentAsync(server);
        ordered.Stream.Recreate(created: 2);
        await Eventually.True(() => broadcaster.Snapshot.Feed is { State: StreamStandingKind.OtherStream, IsStill: true }, broadcaster.Dump);
        Assert.Equal("it is another stream of the same name, made later", broadcaster.Snapshot.Feed!.Why);
    }

    [Fact]
    public async Task A_server_that_another_broadcaster_has_is_said_to_be_that_ones()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var one = ordered.Start(Redis with { ClaimLease = TimeSpan.FromMinutes(1) }, server.Address);
        await one.CurrentAsync(server);
        var two = ordered.Start(Redis, server.Address);
        await Eventually.True(() => two.Snapshot.Backends[0].Place is { Claim: ClaimState.Taken } place && place.Who.Contains("broadcaster 0000000000000001", StringComparison.Ordinal), two.Dump);
        Assert.Equal((ClaimState.Held, ""), (one.Snapshot.Backends[0].Place!.Claim, one.Snapshot.Backends[0].Place!.Who));
    }
}
