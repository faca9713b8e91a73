using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.Framed;

/// <summary>
/// Isolation where the log's share of <c>memory_max</c>, not <c>backlog_bytes</c>, is what is full: short requests have a table beside
/// them, and long ones fill no page to its end.
/// </summary>
public sealed class MemoryIsolationTests
{
    private const long TotalBytes = 6 << 20;

    /// <summary>Little room in the kernel, so that what a server does not read soon shows.</summary>
    private static readonly ServerScript Narrow = new() { ReceiveBufferBytes = 16 << 10 };

    private static readonly BroadcastSettings Tight = LineSettings.Silent with
    {
        MemoryBytesMax = PagePool.BytesMaxLeast,
        BacklogBytesMax = PagePool.BytesMaxLeast / 2,
        Framing = LineSettings.Silent.Framing with { RequestBytesMax = PagePool.BytesMaxLeast / 8 },
        StallTimeout = TimeSpan.FromSeconds(2),
        ReplyTimeout = TimeSpan.Zero,
        IdleTimeout = TimeSpan.Zero,
    };

    /// <summary>What the longest silence of a healthy server is held to: without ejection it has no end, for nothing but ejection ends it here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1, 12, 8, 1, 1)]
    [InlineData(1, 1, 33_000, 1, 1)]
    [InlineData(1, 12, 33_000, 1, 1)]
    [InlineData(1, 40, 33_000, 1, 3)]
    [InlineData(1, 12, 33_000, 2, 2)]
    [InlineData(1, 12, 1000, 1, 1)]
    [InlineData(2, 12, 33_000, 1, 1)]
    public async Task A_server_that_reads_nothing_holds_the_others_no_longer_than_the_stall_timeout_wherever_memory_is_spent(
        int times, int clientsCount, int lineBytes, int healthyCount, int deafCount)
    {
        var settings = Tight with { MemoryBytesMax = times * Tight.MemoryBytesMax, BacklogBytesMax = times * Tight.BacklogBytesMax };
        var healthy = Start(healthyCount, Narrow with { Recording = Recording.Hash });
        var deaf = Start(deafCount, Narrow with { ReadPaused = true });
        List<TestClient> clients = [];
        try
        {
            using var broadcaster = BroadcasterUnderTest.Start(settings, [.. healthy, .. deaf]);
            await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
            for (int i = 0; i < clientsCount; i++)
                clients.Add(await broadcaster.ConnectAsync());
            int lines = (int)(times * TotalBytes / clientsCount / lineBytes);
            long count = (long)lines * clientsCount;
            string each = string.Concat(Enumerable.Repeat(new string('x', lineBytes - 1) + "\n", lines));
            var sending = Task.WhenAll(clients.Select(client => client.SendAsync(each, TimeSpan.FromMinutes(5))));
            await ProgressAsync(broadcaster, healthy, count * lineBytes);
            await sending;

            Assert.All(healthy, server => Assert.Equal((0, count * lineBytes), (broadcaster.Of(server).DroppedRequests, server.ReceivedBytes)));
            Assert.All(deaf, server => Assert.InRange(broadcaster.Of(server).Ejections, 1, long.MaxValue));
            Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
            Assert.InRange(broadcaster.Snapshot.Memory.SlabBytes, 1, settings.MemoryBytesMax);
            foreach (var server in deaf)
                server.Script = server.Script with { ReadPaused = false };
            foreach (var server in deaf)
                server.ResumeReading();

            // What they lack was counted; what waited to be sent when a connection ended came all the same, and counts too.
            long waitedMax = (PagePool.LargePageBytes / 4 / lineBytes) + 2;
            await Eventually.True(() => deaf.All(server => broadcaster.Of(server).Standing is { LagRequests: 0, IsConnected: true }), broadcaster.Dump);
            await Eventually.True(() => deaf.All(server => Lines(server) + broadcaster.Of(server).DroppedRequests >= count), broadcaster.Dump);
            Assert.All(deaf, server => Assert.InRange(Lines(server) + broadcaster.Of(server).DroppedRequests, count, count + ((broadcaster.Of(server).Connects - 1) * waitedMax)));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            Array.ForEach(healthy, server => server.Dispose());
            Array.ForEach(deaf, server => server.Dispose());
        }
    }

    [Fact]
    public async Task All_requests_are_answered_although_a_server_that_answers_nothing_holds_all_memory()
    {
        const int Clients = 12;
        const int Each = 40;
        using var good = FramedServer.Redis(tcp: Narrow);
        using var stuck = FramedServer.Redis(tcp: Narrow);
        var settings = Tight with { Protocol = Protocol.Redis, FramedReply = Dynode.Broadcast.Plane.FramedReply.Primary };
        using var broadcaster = BroadcasterUnderTest.Start(settings, good.Tcp, stuck.Tcp);
        await broadcaster.CurrentAsync(good, stuck);
        stuck.PauseReading();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            using var client = await broadcaster.ConnectAsync();
            for (int i = 0; i < Each; i++)
            {
                await client.SendAsync(LongSet(number, i), TimeSpan.FromMinutes(1));
                Assert.Equal("+OK", await client.ReadLineAsync(Patience));
            }
        }));
        Assert.InRange(broadcaster.Of(stuck).Ejections, 1, long.MaxValue);
        Assert.Equal((0, Clients * Each), (broadcaster.Of(good).DroppedRequests, good.Requests.Count));
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, settings.MemoryBytesMax);
    }

    /// <summary>None of them could go on were another ejected, so nobody is, however long memory is spent.</summary>
    [Fact]
    public async Task Where_all_servers_take_nothing_nobody_is_ejected_for_memory_and_all_is_delivered_in_the_end()
    {
        var servers = Start(2, Narrow with { ReadPaused = true, Recording = Recording.Hash });
        try
        {
            var settings = Tight with { StallTimeout = TimeSpan.FromSeconds(0.2) };
            using var broadcaster = BroadcasterUnderTest.Start(settings, servers);
            await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
            using var client = await broadcaster.ConnectAsync();
            byte[] lines = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 32_999) + "\n", 100)));
            var sending = client.SendAsync(lines, TimeSpan.FromMinutes(2));
            await Eventually.True(() => broadcaster.Snapshot.Held > 0, broadcaster.Dump);
            long since = Stopwatch.GetTimestamp();

            // Many times over what any of them may hold; nothing is to happen in it, so there is no condition to wait for.
            await Eventually.True(() => Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(3));
            Assert.All(servers, server => Assert.Equal((0, 0), (broadcaster.Of(server).Ejections, broadcaster.Of(server).DroppedRequests)));
            broadcaster.Door.Apply(settings with { StallTimeout = TimeSpan.FromHours(1) });
            Array.ForEach(servers, server => server.ResumeReading());
            await sending;
            foreach (var server in servers)
                await server.ReceivedBytesAsync(lines.Length);
            Assert.All(servers, server => Assert.Equal(0, broadcaster.Of(server).DroppedRequests));
        }
        finally
        {
            Array.ForEach(servers, server => server.Dispose());
        }
    }

    /// <summary>A server that is away holds nobody: what it held goes as it is wanted, and all others go on at once.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(33_000)]
    public async Task A_server_that_is_down_gives_its_memory_up_to_all_others(int lineBytes)
    {
        using var up = ScriptedServer.Start(Narrow with { Recording = Recording.Hash });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(Tight, up, down);
        await Eventually.True(() => broadcaster.Of(down).State == Dynode.Broadcast.Backends.BackendState.Down && broadcaster.Of(up).Standing is { IsCurrent: true }, broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        int lines = (int)(TotalBytes / lineBytes);
        await client.SendAsync(string.Concat(Enumerable.Repeat(new string('x', lineBytes - 1) + "\n", lines)), TimeSpan.FromMinutes(2));
        await ProgressAsync(broadcaster, [up], (long)lines * lineBytes);
        down.Listen();
        await Eventually.True(() => broadcaster.Of(down).Standing is { LagRequests: 0, IsConnected: true }, broadcaster.Dump);
        await Eventually.Equal(lines, () => Lines(down) + broadcaster.Of(down).DroppedRequests, broadcaster.Dump);
        Assert.InRange(broadcaster.Snapshot.Memory.PeakBytes, 1, Tight.MemoryBytesMax);
    }

    private static ScriptedServer[] Start(int count, ServerScript script) => [.. Enumerable.Range(0, count).Select(_ => ScriptedServer.Start(script))];

    private static long Lines(ScriptedServer server) => server.Connections.Sum(connection => connection.Received.LongCount(b => b == '\n'));

    private static string LongSet(int client, int i)
    {
        const int ValueBytes = 33_000;
        string key = $"{client}:{i}";
        return $"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${ValueBytes}\r\n{new string('v', ValueBytes)}\r\n";
    }

    /// <summary>Until all servers have so much: none of them is ever silent for longer than <see cref="Patience"/>.</summary>
    private static async Task ProgressAsync(BroadcasterUnderTest broadcaster, ScriptedServer[] servers, long bytes)
    {
        var longest = TimeSpan.Zero;
        foreach (var server in servers)
        {
            while (server.ReceivedBytes < bytes)
            {
                long before = server.ReceivedBytes;
                long start = Stopwatch.GetTimestamp();
                await Eventually.True(() => server.ReceivedBytes > before, () => $"{before} of {bytes} bytes\n{broadcaster.Dump()}", Patience);
                longest = Stopwatch.GetElapsedTime(start) is var silence && silence > longest ? silence : longest;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"the longest silence: {longest.TotalSeconds:0.00} s");
    }
}
