using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Dynode.TestKit.Streams;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>
/// A broadcaster that was away for longer than the stream keeps goes on by itself where that begins: its servers have a gap, what it had published is known to nobody, and what others
/// deliver is as it was.
/// </summary>
public sealed class OvertakenTests(ITestOutputHelper output)
{
    private const int Away = 1000;

    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromSeconds(2), BacklogBytesMax = 16 << 10 };

    public static TheoryData<Protocol> Protocols => [Protocol.Redis, Protocol.Memcached, Protocol.Line];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task It_goes_on_where_the_stream_begins_and_its_servers_have_a_gap_and_all_that_comes_then(Protocol protocol)
    {
        using var east = ServerOf(protocol);
        using var also = ServerOf(protocol);
        using var west = ServerOf(protocol);
        using var ordered = new OrderedBroadcasters();
        var settings = Redis with { Protocol = protocol, Framing = Redis.Framing with { RepliesPerLine = 1 } };
        var one = ordered.Start(settings, east.Address, also.Address);
        var two = ordered.Start(settings, west.Address);
        await one.CurrentAsync(east);
        await one.CurrentAsync(also);
        await two.CurrentAsync(west);
        using var client = await one.ConnectAsync();
        using var other = await two.ConnectAsync();
        await WriteAsync(protocol, client, 0, 20);
        foreach (var server in (FramedServer[])[east, also, west])
            await server.RequestsAsync(20);
        await Eventually.True(() => one.Snapshot.Backends.All(static backend => backend.Standing is { LagRequests: 0 }), ordered.Dump);
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await WriteAsync(protocol, other, 20, Away);
        ulong keeps = ordered.Stream.State.Last - 600;
        ordered.Stream.Keep(keeps);
        ordered.Logs[0].Connect(isHere: true);
        await Eventually.True(() => one.Log.Count(1722) == 1, ordered.Dump);
        foreach (var server in (FramedServer[])[east, also])
            await Eventually.True(() => one.Of(server).Standing is { IsCurrent: true, IsFromStream: false, Gap: nameof(DropReason.Retention) }, ordered.Dump);
        Assert.Equal((1, true), (one.Snapshot.Feed!.Overtaken, one.Snapshot.Feed.IsReading));
        Assert.Equal(2, one.Log.Count(1542));

        // By the same connections, of clients too, and with nobody's help.
        await WriteAsync(protocol, client, Away, Away + 20);
        await WriteAsync(protocol, other, Away + 20, Away + 40);
        await west.RequestsAsync(Away + 40);
        foreach (var server in (FramedServer[])[east, also])
        {
            await Eventually.True(() => server.Texts.Count > 20 && server.Texts[^1] == west.Texts[^1], ordered.Dump);
            var behind = server.Texts.Skip(20).ToList();
            Assert.Equal(west.Texts.Take(20), server.Texts.Take(20));
            Assert.Equal(west.Texts.TakeLast(behind.Count), behind);
            Assert.InRange(behind.Count, 41, (int)(ordered.Stream.State.Last - keeps + 1));
            output.WriteLine($"{server.Address}: {behind.Count} behind the gap, of {west.Texts.Count}; {one.Log.Of(1722).Single()}; {one.Log.Of(1542).First()}");
        }

        Assert.Null(two.Of(west).Standing!.Gap);
        Assert.Equal((0, 0), (two.Snapshot.Feed!.Overtaken, two.Log.Count(1703)));
    }

    /// <summary>It may be in the part that was not read: nobody here can know, so it is never sent again. What was in no parcel is nowhere, and gets its place.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_it_had_published_is_known_to_nobody_and_is_not_repeated_and_what_it_had_not_gets_its_place(bool isLost)
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters(faults: new StreamFaults(new Random(1)) { Lost = 0, LeaderDies = 0, Doubled = 0, Held = 0, Unheard = 0, Broken = 0, Cut = 0 });
        var settings = Redis with { PlaceTimeout = TimeSpan.FromMinutes(10) };
        BroadcasterUnderTest one, two;
        using var client = await WithFaultsAsync(async () =>
        {
            one = ordered.Start(settings, east.Address);
            two = ordered.Start(settings, west.Address);
            await one.CurrentAsync(east);
            await two.CurrentAsync(west);
            var begun = await one.ConnectAsync();
            await WriteAsync(Protocol.Redis, begun, 0, 20);
            return begun;
        });
        (one, two) = (ordered.All[0], ordered.All[1]);
        await client.SendAsync("RPUSH list published\r\n");
        await Eventually.True(() => one.Snapshot.Feed is { InFlight: 1 }, ordered.Dump);
        if (isLost)
            ordered.Logs[0].LoseNext(int.MaxValue);
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await Eventually.True(() => one.Snapshot.Feed is { IsReading: false }, ordered.Dump);
        using var later = await one.ConnectAsync();
        await later.SendAsync("RPUSH list later\r\n");
        await Eventually.True(() => one.Snapshot.Feed is { Waiting: 2 }, ordered.Dump);
        using var other = await WithFaultsAsync(async () =>
        {
            var begun = await two.ConnectAsync();
            await WriteAsync(Protocol.Redis, begun, 20, Away);
            ordered.Stream.Keep(ordered.Stream.State.Last - 600);
            ordered.Logs[0].Connect(isHere: true);
            Assert.Equal("-ERR the log does not answer: it is kept if the log takes it", await client.ReadLineAsync());

            // It may have its place before the server is there to answer it.
            string? said = await later.ReadLineAsync();
            Assert.True(said == "+OK" || said?.Contains("the request is kept", StringComparison.Ordinal) == true, said);
            await one.CurrentAsync(east);
            await WriteAsync(Protocol.Redis, client, Away, Away + 10);
            await Eventually.True(() => east.Texts.Count > 20 && east.Texts[^1] == west.Texts[^1], ordered.Dump);
            return begun;
        });
        Assert.Equal((1, 0), (one.Snapshot.Feed!.Unknown, one.Snapshot.Feed.NotKept));
        Assert.Equal(isLost ? 0 : 1, west.Texts.Count(static text => text == "RPUSH list published"));
        Assert.DoesNotContain("RPUSH list published", east.Texts);
        foreach (var server in (FramedServer[])[east, west])
            Assert.Single(server.Texts, static text => text == "RPUSH list later");
        Assert.Equal(east.Texts.Distinct(), east.Texts);
        output.WriteLine($"{one.Log.Of(1722).Single()}; {one.Log.Of(1710).Single()}");

        async Task<TestClient> WithFaultsAsync(Func<Task<TestClient>> what)
        {
            using var over = new CancellationTokenSource();
            Task failing = ordered.FailAsync(TimeSpan.FromMilliseconds(1), over.Token);
            var begun = await what();
            await over.CancelAsync();
            await failing;
            return begun;
        }
    }

    private static FramedServer ServerOf(Protocol protocol) => protocol switch
    {
        Protocol.Line => FramedServer.Line(),
        Protocol.Memcached => FramedServer.Memcached(),
        _ => FramedServer.Redis(),
    };

    private static async Task WriteAsync(Protocol protocol, TestClient client, int from, int to)
    {
        for (int n = from; n < to; n++)
        {
            string padding = new('x', 40);
            await client.SendAsync(protocol switch
            {
                Protocol.Line => $"write {n} {padding}\n",
                Protocol.Memcached => $"set {n} 0 0 40\r\n{padding}\r\n",
                _ => $"RPUSH list {n}{padding}\r\n",
            });
            string? said = await client.ReadLineAsync();
            Assert.False(said is null || said.Contains("ERR", StringComparison.Ordinal), $"{n}: {said}");
        }
    }
}
