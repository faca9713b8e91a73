using System.Collections.Concurrent;
using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Dynode.TestKit.Streams;
using Xunit;
using FramedReply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Ordered;

/// <summary>Requests that change no data: answered by the own servers behind what their client has written, or in the one order, as is chosen.</summary>
public sealed class ReadsTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int RequestsEach = 150;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);
    private static readonly BroadcastSettings Stream = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromMinutes(1) };
    private static readonly BroadcastSettings Local = Stream with { Framing = Stream.Framing with { MarksReads = true } };

    [Fact]
    public async Task A_read_is_answered_by_the_own_server_and_no_other_sees_it()
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        using var both = new OrderedBroadcasters();
        var one = both.Start(Local, east.Address);
        var two = both.Start(Local, west.Address);
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        using var client = await one.ConnectAsync();
        await client.SendAsync("SET a 1\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        await client.SendAsync("GET a\r\nMGET a b\r\nSELECT 3\r\nGET c\r\nGET d\r\n");
        for (int i = 0; i < 5; i++)
            Assert.Equal("+OK", await client.ReadLineAsync());
        await client.SendAsync("SET b 1\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());
        await west.RequestsAsync(3);
        Assert.Equal(["SET a 1", "GET a", "MGET a b", "GET c", "GET d", "SET b 1"], east.Texts.Where(static text => text != "SELECT 3"));
        Assert.Equal(["SET a 1", "SELECT 3", "SET b 1"], west.Texts);
        Assert.Equal(3, east.Requests[^1].Database);
        Assert.Equal(3, west.Requests[^1].Database);
    }

    /// <summary>A read behind a write that has no place comes behind it, and is not answered before it.</summary>
    [Fact]
    public async Task While_the_log_is_away_reads_are_answered_but_for_those_behind_a_write_that_waits()
    {
        using var server = FramedServer.Redis();
        using var ordered = new OrderedBroadcasters();
        var broadcaster = ordered.Start(Local with { PlaceTimeout = TimeSpan.FromSeconds(0.5), BacklogBytesMax = 64 << 10 }, server.Address);
        await broadcaster.CurrentAsync(server);
        using var reader = await broadcaster.ConnectAsync();
        using var writer = await broadcaster.ConnectAsync();
        using var filler = await broadcaster.ConnectAsync();
        ordered.Logs[0].Connect(isHere: false, "cut off by a test");
        await writer.SendAsync("SET a 1\r\nGET a\r\n");

        // More than the outbox takes: clients with writes are held, and those that read are not.
        string fill = $"SET b {new string('x', 1000)}\r\n";
        await filler.SendAsync(string.Concat(Enumerable.Repeat(fill, 40)));
        await Eventually.True(() => broadcaster.Snapshot.Held == 1, broadcaster.Dump);
        for (int i = 0; i < 20; i++)
        {
            await reader.SendAsync("GET a\r\n");
            Assert.Equal("+OK", await reader.ReadLineAsync());
        }

        for (int i = 0; i < 2; i++)
            Assert.Equal("-ERR the log is away: not kept", await writer.ReadLineAsync());

        // What was held for want of room was whole as long ago as what was not.
        for (int i = 0; i < 40; i++)
            Assert.Equal("-ERR the log is away: not kept", await filler.ReadLineAsync());
        await writer.SendAsync("GET a\r\n");
        Assert.Equal("+OK", await writer.ReadLineAsync());
        Assert.All(server.Texts, static text => Assert.Equal("GET a", text));
    }

    /// <summary>
    /// A register that counts: what each client was told, and when it asked and was told, is one history that one counter could have given to all, where reads are in
    /// the order; where they are local writes are, and each client sees its own and goes never back.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Histories_of_clients_of_two_regions_are_those_of_one_counter(bool local) => Seed.RunAsync(async random =>
    {
        using var east = Counter();
        using var west = Counter();
        var faults = new StreamFaults(new Random(random.Next()));
        using var both = new OrderedBroadcasters(faults: faults);
        using var over = new CancellationTokenSource();
        Task failing = both.FailAsync(Step, over.Token);
        var settings = local ? Local : Stream;
        BroadcasterUnderTest[] broadcasters = [both.Start(settings, east.Address), both.Start(settings, west.Address)];
        await broadcasters[0].CurrentAsync(east);
        await broadcasters[1].CurrentAsync(west);
        var history = new ConcurrentQueue<Operation>();
        long clock = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            var own = new Random(random.Next());
            using var client = await broadcasters[i % 2].ConnectAsync();
            for (int n = 0; n < RequestsEach;)
            {
                bool[] writes = [.. Enumerable.Range(0, own.Next(1, 5)).Select(_ => own.Next(3) == 0)];
                long asked = Interlocked.Increment(ref clock);
                await client.SendAsync(string.Concat(writes.Select(static write => write ? "INCR a\r\n" : "GET a\r\n")));
                foreach (bool write in writes)
                {
                    string? said = await client.ReadLineAsync();
                    history.Enqueue(new Operation(i, n++, write, asked, Interlocked.Increment(ref clock), long.Parse(said![1..], CultureInfo.InvariantCulture)));
                }
            }
        }));

        // Connections that are cut come back only while the stream goes on: a server may not have all that its clients' neighbours were told.
        faults.Heal();
        Operation[] all = [.. history];
        int reads = all.Count(static operation => !operation.IsWrite);
        output.WriteLine($"{all.Length} operations, {reads} of them reads, {west.Texts.Count} seen in the west");
        Assert.True(reads > 0 && reads < all.Length, "one kind alone proves nothing");
        Assert.Null(Fault(all.Where(operation => operation.IsWrite || !local)));
        for (int i = 0; i < Clients; i++)
        {
            Operation[] own = [.. all.Where(operation => operation.Client == i).OrderBy(static operation => operation.Index)];
            for (int n = 1; n < own.Length; n++)
                Assert.True(own[n].Value >= own[n - 1].Value + (own[n].IsWrite ? 1 : 0), $"{own[n]} behind {own[n - 1]}");
        }

        // Reads of the other region's clients are no affair of this one, or its server sees them all in the end.
        if (local)
            Assert.True(east.Texts.Count(static text => text == "GET a") < reads);
        else
            await east.RequestsAsync(all.Length);
        await over.CancelAsync();
        await failing;
    });

    /// <summary>What is wrong with a history of one counter: whoever asked behind an answer must not see less; each number is given once.</summary>
    private static string? Fault(IEnumerable<Operation> all)
    {
        Operation[] byAsking = [.. all.OrderBy(static operation => operation.Asked)];
        Operation[] byAnswer = [.. byAsking.OrderBy(static operation => operation.Answered)];
        long[] given = [.. byAsking.Where(static operation => operation.IsWrite).Select(static operation => operation.Value)];
        if (given.Distinct().Count() != given.Length)
            return "a number was given twice";
        long most = 0;
        int before = 0;
        foreach (var operation in byAsking)
        {
            for (; before < byAnswer.Length && byAnswer[before].Answered < operation.Asked; before++)
                most = Math.Max(most, byAnswer[before].Value);
            if (operation.Value < most + (operation.IsWrite ? 1 : 0))
                return $"{operation}, when {most} had been said";
        }

        return null;
    }

    private static FramedServer Counter()
    {
        long count = 0;
        return FramedServer.Redis(new FramedScript
        {
            Answer = request => request.Name switch
            {
                "INCR" => FramedReply.Line($":{++count}"),
                "GET" => FramedReply.Line($":{count}"),
                _ => null,
            },
        });
    }

    private sealed record Operation(int Client, int Index, bool IsWrite, long Asked, long Answered, long Value);
}
