using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Servers that lack more than the log in memory holds: they have it from the stream, in its order, before they go on with the others.</summary>
public sealed class CatchUpTests
{
    private const int Backlog = 16 << 10;

    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), BacklogBytesMax = Backlog };

    public static TheoryData<Protocol> Protocols => [Protocol.Redis, Protocol.Memcached, Protocol.Line];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_server_that_was_away_for_more_than_the_backlog_has_all_of_it_in_order_under_load(Protocol protocol)
    {
        using var stays = ServerOf(protocol);
        using var leaves = ServerOf(protocol);
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(SettingsOf(protocol), stays.Address, leaves.Address);
        await broadcaster.CurrentAsync(stays);
        await broadcaster.CurrentAsync(leaves);
        using var client = await broadcaster.ConnectAsync();
        await WriteAsync(protocol, client, 0, 20);
        await leaves.RequestsAsync(20);
        await Eventually.True(() => broadcaster.Of(leaves).Standing is { LagRequests: 0 }, ordered.Dump);
        leaves.Tcp.Kill();
        await WriteAsync(protocol, client, 20, 1000);
        await Eventually.True(() => broadcaster.Log.Count(1540) == 1, ordered.Dump);
        leaves.Tcp.Restart();
        int n = 1000;
        for (; n < 20_000 && broadcaster.Log.Count(1541) == 0; n += 50)
            await WriteAsync(protocol, client, n, n + 50);
        await WriteAsync(protocol, client, n, n + 50);
        await broadcaster.CurrentAsync(leaves);
        await stays.RequestsAsync(n + 50);
        await leaves.RequestsAsync(n + 50);
        Assert.Equal(stays.Texts, leaves.Texts);
        Assert.Equal(stays.Texts.Distinct(), stays.Texts);
        Assert.Null(broadcaster.Of(leaves).Standing!.Gap);
        Assert.Equal(0, broadcaster.Of(leaves).DroppedRequests);
    }

    /// <summary>The broadcaster dies at once, before any second in which places are said has passed; what was sent since is more than the backlog.</summary>
    [Fact]
    public async Task A_broadcaster_that_dies_as_soon_as_it_has_begun_leaves_no_server_without_a_place()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var dies = ordered.Start(Redis, east.Address);
        var stays = ordered.Start(Redis, west.Address);
        await dies.CurrentAsync(east);
        await stays.CurrentAsync(west);
        using (var client = await dies.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 0, 10);
        ordered.Keys[0].IsCut = true;
        dies.Dispose();
        using (var client = await stays.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 10, 2500);
        var next = ordered.Start(Redis, east.Address);
        await next.CurrentAsync(east);
        Assert.Equal(1, next.Log.Count(1541));
        Assert.Null(next.Of(east).Standing!.Gap);
        await west.RequestsAsync(2500);

        using (var client = await next.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 2500, 2510);
        await west.RequestsAsync(2510);
        await Eventually.True(() => east.Texts.Count > 2500 && east.Texts[^1] == west.Texts[^1], ordered.Dump);

        // What it had before its place was said again is sent once more: at most all, from the place that was written before anything was sent.
        var behind = east.Texts.Skip(10).ToList();
        Assert.Equal(west.Texts.Take(10), east.Texts.Take(10));
        Assert.Equal(west.Texts.TakeLast(behind.Count), behind);
        Assert.InRange(behind.Count, 2500, 2510);
    }

    /// <summary>It stands still for longer than its claims are waited for; what others publish meanwhile comes before them.</summary>
    [Fact]
    public async Task A_claim_that_comes_late_costs_nothing()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var first = ordered.Start(Redis, east.Address);
        var stays = ordered.Start(Redis, west.Address);
        await first.CurrentAsync(east);
        await stays.CurrentAsync(west);
        using var client = await stays.ConnectAsync();
        await WriteAsync(Protocol.Redis, client, 0, 10);
        await east.RequestsAsync(10);
        await ordered.PlaceAsync(east.Address, ordered.Stream.State.Last);
        ordered.Keys[0].IsCut = true;
        first.Dispose();
        var next = ordered.Start(Redis, east.Address);
        ordered.Keys[^1].IsCut = true;
        await Eventually.True(() => next.Snapshot.Feed is { IsReading: true }, ordered.Dump);
        await WriteAsync(Protocol.Redis, client, 10, 800);
        Assert.Equal(0, next.Log.Count(1707));
        ordered.Keys[^1].IsCut = false;
        await next.CurrentAsync(east);
        await east.RequestsAsync(800);
        Assert.Equal(1, next.Log.Count(1541));
        Assert.Equal(west.Texts, east.Texts);
        Assert.Null(next.Of(east).Standing!.Gap);
    }

    [Fact]
    public async Task What_retention_has_overtaken_is_a_gap_with_its_numbers_and_all_behind_it_comes()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, east.Address, west.Address);
        await broadcaster.CurrentAsync(east);
        await broadcaster.CurrentAsync(west);
        using var client = await broadcaster.ConnectAsync();
        await WriteAsync(Protocol.Redis, client, 0, 10);
        await west.RequestsAsync(10);
        await Eventually.True(() => broadcaster.Of(west).Standing is { LagRequests: 0 }, ordered.Dump);
        west.Tcp.Kill();
        await WriteAsync(Protocol.Redis, client, 10, 3000);
        await Eventually.True(() => broadcaster.Log.Count(1540) == 1, ordered.Dump);
        ordered.Stream.Keep(1500);
        west.Tcp.Restart();
        await Eventually.True(() => broadcaster.Log.Count(1541) == 1, ordered.Dump);
        Assert.Equal(1, broadcaster.Log.Count(1542));
        Assert.Equal(nameof(DropReason.Retention), broadcaster.Of(west).Standing!.Gap);
        await WriteAsync(Protocol.Redis, client, 3000, 3010);
        await east.RequestsAsync(3010);
        await Eventually.True(() => west.Texts.Count > 10 && west.Texts[^1] == east.Texts[^1], ordered.Dump);

        // What it had, and from some place behind what is kept no more all of the rest.
        var behind = west.Texts.Skip(10).ToList();
        Assert.Equal(east.Texts.Take(10), west.Texts.Take(10));
        Assert.Equal(east.Texts.TakeLast(behind.Count), behind);

        // Some entries have no request, or one that was sent again: so it is these that are counted.
        Assert.InRange(behind.Count, 10, (int)ordered.Stream.State.Last - 1499);
    }

    [Fact]
    public async Task A_place_in_what_the_stream_has_lost_is_a_gap_and_nothing_is_run_on_in_silence()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var first = ordered.Start(Redis, east.Address);
        await first.CurrentAsync(east);
        using (var client = await first.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 0, 50);
        await ordered.PlaceAsync(east.Address, ordered.Stream.State.Last);
        await first.DrainAsync();

        // It goes back, and on with other entries.
        ordered.Stream.GoBack(20);
        var other = ordered.Start(Redis, west.Address);
        await Eventually.True(() => other.Of(west).Standing is { IsCurrent: true }, ordered.Dump);
        using (var client = await other.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 1000, 1200);
        var next = ordered.Start(Redis, east.Address);
        await Eventually.True(() => next.Of(east).Standing is { IsCurrent: true }, ordered.Dump);
        Assert.Equal(nameof(DropReason.Forked), next.Of(east).Standing!.Gap);
        Assert.Equal(1, next.Log.Count(1543));
        Assert.Equal(50, east.Texts.Count);
        using (var client = await next.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 2000, 2001);
        await east.RequestsAsync(51);
    }

    /// <summary>One server stands before what was lost, the other in it: the log begins at the first one's, and comes by the number of the second one's.</summary>
    [Fact]
    public async Task A_place_that_was_lost_is_no_place_in_what_came_instead()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var other = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var first = ordered.Start(Redis with { BacklogBytesMax = 1 << 20 }, east.Address, west.Address);
        await first.CurrentAsync(east);
        await first.CurrentAsync(west);
        using (var client = await first.ConnectAsync())
        {
            await WriteAsync(Protocol.Redis, client, 0, 20);
            await east.RequestsAsync(20);
            await ordered.PlaceAsync(east.Address, ordered.Stream.State.Last);
            east.Tcp.Kill();
            await WriteAsync(Protocol.Redis, client, 20, 60);
        }

        await west.RequestsAsync(60);
        await first.DrainAsync();
        ordered.Stream.GoBack(40);
        var second = ordered.Start(Redis, other.Address);
        await Eventually.True(() => second.Of(other).Standing is { IsCurrent: true }, ordered.Dump);
        using (var client = await second.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 1000, 1200);
        east.Tcp.Restart();
        var next = ordered.Start(Redis, east.Address, west.Address);
        await Eventually.True(() => next.Of(east).Standing is { IsCurrent: true } && next.Of(west).Standing is { IsConnected: true, LagRequests: 0 }, ordered.Dump);
        Assert.Null(next.Of(east).Standing!.Gap);
        Assert.Equal(nameof(DropReason.Forked), next.Of(west).Standing!.Gap);
    }

    /// <summary>It stands at the very entry behind which the log begins, or at one that does not count: nothing of either is placed, and both are compared.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_place_that_was_lost_is_none_where_nothing_is_placed_either(int ahead)
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var other = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var first = ordered.Start(Redis with { BacklogBytesMax = 1 << 20 }, east.Address, west.Address);
        await first.CurrentAsync(east);
        await first.CurrentAsync(west);
        using (var client = await first.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 0, 20);
        await east.RequestsAsync(20);
        await west.RequestsAsync(20);
        await first.DrainAsync();

        // It comes once more, and does not count.
        ulong last = ordered.Stream.State.Last;
        ordered.Stream.Append(ordered.Stream.Entries[5].Bytes);
        await ordered.StandsAsync(east.Address, last, static table => table);
        await ordered.StandsAsync(west.Address, last + (ulong)ahead, table =>
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(table, last + (ulong)ahead);
            table[8] ^= 1;
            return table;
        });
        var second = ordered.Start(Redis, other.Address);
        await Eventually.True(() => second.Of(other).Standing is { IsCurrent: true }, ordered.Dump);
        using (var client = await second.ConnectAsync())
            await WriteAsync(Protocol.Redis, client, 20, 40);
        var next = ordered.Start(Redis, east.Address, west.Address);
        await next.CurrentAsync(east);
        await Eventually.True(() => next.Of(west).Standing is { IsConnected: true, LagRequests: 0 }, ordered.Dump);
        Assert.Null(next.Of(east).Standing!.Gap);
        Assert.Equal(nameof(DropReason.Forked), next.Of(west).Standing!.Gap);
        Assert.Equal(0, next.Log.Count(1540));
    }

    [Fact]
    public async Task Several_that_are_behind_wait_for_their_turns_and_none_outruns_its_pace()
    {
        const int servers = 4;
        using var stays = FramedServer.Redis();
        FramedServer[] behind = [.. Enumerable.Range(0, servers).Select(static _ => FramedServer.Redis())];
        using var ordered = new OrderedBroadcasters();
        var settings = Redis with { CatchUpServersMax = 1, CatchUpRate = 256 << 10 };
        var broadcaster = ordered.Start(settings, [stays.Address, .. behind.Select(static server => server.Address)]);
        foreach (var server in behind.Prepend(stays))
            await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await WriteAsync(Protocol.Redis, client, 0, 10);
        foreach (var server in behind)
        {
            await server.RequestsAsync(10);
            await Eventually.True(() => broadcaster.Of(server).Standing is { LagRequests: 0 }, ordered.Dump);
            server.Tcp.Kill();
        }

        await WriteAsync(Protocol.Redis, client, 10, 1500);
        await Eventually.True(() => broadcaster.Log.Count(1540) == servers, ordered.Dump);
        var bytes = ordered.Stream.Entries.Skip(10).Sum(static entry => (long)entry.Bytes.Length);
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        foreach (var server in behind)
            server.Tcp.Restart();
        await Eventually.True(() => broadcaster.Log.Count(1541) == servers, ordered.Dump);

        // One after the other, each at the rate; half of that, for what may be taken at once and for what was appended a moment ago.
        double least = servers * (bytes - (64 << 10)) / (double)settings.CatchUpRate / 2;
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds >= least, $"took {System.Diagnostics.Stopwatch.GetElapsedTime(began)}, {bytes} bytes each");
        await WriteAsync(Protocol.Redis, client, 1500, 1510);
        await stays.RequestsAsync(1510);
        foreach (var server in behind)
        {
            await server.RequestsAsync(1510);
            Assert.Equal(stays.Texts, server.Texts);
            server.Dispose();
        }
    }

    /// <summary>Each has long requests outstanding, and the pool has no room for all: it is read later, and nothing is lost.</summary>
    [Fact]
    public async Task Memory_that_is_spent_has_it_read_later_and_lose_nothing()
    {
        using var stays = FramedServer.Redis();
        using var behind = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var settings = Redis with { MemoryBytesMax = 4 << 20, BacklogBytesMax = 1 << 20, Framing = Redis.Framing with { RequestBytesMax = 256 << 10 } };
        var broadcaster = ordered.Start(settings, stays.Address, behind.Address);
        await broadcaster.CurrentAsync(stays);
        await broadcaster.CurrentAsync(behind);
        using var client = await broadcaster.ConnectAsync();
        behind.Tcp.Kill();
        string value = new('v', 150_000);
        for (int n = 0; n < 60; n++)
        {
            await client.SendAsync($"*3\r\n$3\r\nSET\r\n$3\r\n{n:d3}\r\n$150000\r\n{value}\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }

        await Eventually.True(() => broadcaster.Log.Count(1540) == 1, ordered.Dump);
        behind.Tcp.Restart();
        for (int n = 60; n < 90; n++)
        {
            await client.SendAsync($"*3\r\n$3\r\nSET\r\n$3\r\n{n:d3}\r\n$150000\r\n{value}\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }

        await broadcaster.CurrentAsync(behind);
        await behind.RequestsAsync(90);
        Assert.Equal(stays.Texts, behind.Texts);
        Assert.Null(broadcaster.Of(behind).Standing!.Gap);
    }

    [Fact]
    public async Task Who_catches_up_slowly_delays_nobody_elses_clients()
    {
        using var stays = FramedServer.Redis();
        using var behind = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Redis, stays.Address, behind.Address);
        await broadcaster.CurrentAsync(stays);
        await broadcaster.CurrentAsync(behind);
        using var client = await broadcaster.ConnectAsync();
        behind.Tcp.Kill();
        await WriteAsync(Protocol.Redis, client, 0, 1000);
        await Eventually.True(() => broadcaster.Log.Count(1540) == 1, ordered.Dump);

        // It reads and answers nothing, while others go on for several times the backlog.
        behind.HoldAnswers();
        behind.Tcp.Restart();
        await Eventually.True(() => behind.Requests.Count > 0, ordered.Dump);
        await WriteAsync(Protocol.Redis, client, 1000, 3000);
        Assert.Equal(0, broadcaster.Log.Count(1541));
        var standing = broadcaster.Of(behind).Standing!;
        Assert.Equal((true, false), (standing.IsFromStream, standing.IsCurrent));
        Assert.InRange(standing.LagBytes, 1, 300 << 10);
        Assert.True(broadcaster.Of(behind).Place!.Lag >= 2000, $"{broadcaster.Of(behind).Place}");
        behind.ReleaseAnswers();
        await broadcaster.CurrentAsync(behind);
        await behind.RequestsAsync(3000);
        await stays.RequestsAsync(3000);
        Assert.Equal(stays.Texts, behind.Texts);
    }

    private static FramedServer ServerOf(Protocol protocol) => protocol switch
    {
        Protocol.Line => FramedServer.Line(),
        Protocol.Memcached => FramedServer.Memcached(),
        _ => FramedServer.Redis(),
    };

    private static BroadcastSettings SettingsOf(Protocol protocol) => Redis with { Protocol = protocol, Framing = Redis.Framing with { RepliesPerLine = 1 } };

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
            Assert.False(said is null || said.Contains("ERR", StringComparison.Ordinal), said);
        }
    }
}
