using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>A server that returns within the backlog receives all that it missed, in order, before anything newer; what does not fit is counted, and leaves a gap.</summary>
public sealed class CatchUpTests
{
    /// <summary>As the small backlogs of these tests hold them.</summary>
    private const int RequestBytes = 128;

    private static readonly BroadcastSettings Small = Asking.Redis with
    {
        BacklogBytesMax = 64 << 10,
        Framing = new ProtocolSettings { RequestBytesMax = 16 << 10 },
    };

    [Fact]
    public async Task A_new_connection_begins_with_the_preamble_and_then_all_that_had_no_answer_in_order()
    {
        using var server = FramedServer.Redis(new FramedScript { Password = "secret", Username = "dynode" });
        var settings = Asking.Redis with { Framing = new ProtocolSettings { BackendUsername = "dynode", BackendPassword = "secret" } };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SELECT 3"));
        Assert.Equal("+OK", await client.AskAsync("SET 0 0"));
        int before = server.Requests.Count;
        server.HoldAnswers(after: 5);
        await client.SendAllAsync(Enumerable.Range(1, 20).Select(i => $"SET {i} {i}"));
        await server.RequestsAsync(before + 20);
        Assert.Equal(5, (await client.ReadRepliesAsync(5)).Count(reply => reply == "+OK"));
        server.Kill();
        Assert.All(await client.ReadRepliesAsync(15), reply => Assert.StartsWith("-ERR every server", reply, StringComparison.Ordinal));
        await client.SendAsync("SET newer newer\r\n");
        server.ReleaseAnswers();
        server.Listen();
        string newer = await client.ReadReplyAsync();
        Assert.True(newer == "+OK" || newer.StartsWith("-ERR no server is current", StringComparison.Ordinal), newer);
        await broadcaster.NothingOwedAsync(server);
        int last = server.Received[^1].Connection;
        Assert.Equal(
            ["AUTH dynode secret", "PING", "INFO replication", "HELLO 2", "SELECT 3", .. Enumerable.Range(6, 15).Select(i => $"SET {i} {i}"), "SET newer newer"],
            server.Received.Where(request => request.Connection == last).Select(request => request.Text));
        Assert.All(server.Requests.Where(request => request.Name == "SET"), request => Assert.Equal(3, request.Database));
        Assert.Equal(15, broadcaster.Of(server).Repeats);
        Assert.Equal(15, server.Repeats());
    }

    [Fact]
    public async Task A_server_that_is_down_for_longer_than_the_backlog_loses_the_oldest_and_that_is_counted_shown_and_logged()
    {
        using var up = FramedServer.Redis();
        using var down = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Small with { FramedReply = Policy.All }, [up.Address, down.Address]);
        await broadcaster.CurrentAsync(up, down);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("SET first 1\r\n");
        Assert.Equal(["+OK", "+OK"], await client.ReadRepliesAsync(2));
        down.Kill();
        await Eventually.True(() => broadcaster.Of(down).State == BackendState.Down, broadcaster.Dump);
        const int Count = 3000;
        for (int i = 0; i < Count; i += 100)
        {
            await client.SendAllAsync(Enumerable.Range(i, 100).Select(Request));
            string[] replies = await client.ReadRepliesAsync(200);
            Assert.All(replies.Where((_, at) => at % 2 == 0), reply => Assert.Equal("+OK", reply));
            Assert.All(replies.Where((_, at) => at % 2 == 1), reply => Assert.StartsWith($"-ERR server {down.Address} did not answer", reply, StringComparison.Ordinal));
        }

        down.Listen();
        await Eventually.Equal(Request(Count - 1), () => down.Texts[^1], broadcaster.Dump);
        await broadcaster.CurrentAsync(down);
        int missed = Count - (down.Texts.Count - 1);
        var drop = broadcaster.Of(down).Drops.Single(entry => entry.Reason == DropReason.Backlog);
        Assert.Equal(missed, drop.Requests);
        Assert.Equal(missed * RequestBytes, drop.Bytes);
        Assert.Equal(missed, broadcaster.Of(down).DroppedRequests);
        Assert.InRange(missed, Count - (Small.BacklogBytesMax / RequestBytes), Count - (Small.BacklogBytesMax / RequestBytes / 2));
        Assert.Equal(Enumerable.Range(missed, Count - missed).Select(Request), down.Texts.Skip(1));

        // Number 0 was the first, so the first that it missed has number 1.
        Assert.Equal(("Backlog", 1L), (broadcaster.StandingOf(down).Gap, broadcaster.StandingOf(down).FirstMissing));
        Assert.Contains($"server {down.Address} has a gap from request 1 on, reason Backlog", Assert.Single(broadcaster.Log.Of(1506)), StringComparison.Ordinal);

        // It does not vote while another does.
        await client.SendAsync("SET a 1\r\n");
        string[] both = await client.ReadRepliesAsync(2);
        Assert.Equal("+OK", both[0]);
        Assert.StartsWith($"-ERR server {down.Address} did not answer", both[1], StringComparison.Ordinal);

        // It does where no other is, and stops when one is back.
        up.Kill();
        await Eventually.True(() => broadcaster.Of(up).State == BackendState.Down, broadcaster.Dump);
        await client.SendAsync("SET a 2\r\n");
        both = await client.ReadRepliesAsync(2);
        Assert.StartsWith($"-ERR server {up.Address} did not answer", both[0], StringComparison.Ordinal);
        Assert.Equal("+OK", both[1]);
        up.Listen();
        await broadcaster.CurrentAsync(up);
        await client.SendAsync("SET a 3\r\n");
        both = await client.ReadRepliesAsync(2);
        Assert.Equal("+OK", both[0]);
        Assert.StartsWith($"-ERR server {down.Address} did not answer", both[1], StringComparison.Ordinal);

        broadcaster.Door.CloseGaps();
        await client.SendAsync("SET a 4\r\n");
        Assert.Equal(["+OK", "+OK"], await client.ReadRepliesAsync(2));
        Assert.Null(broadcaster.StandingOf(down).Gap);
        Assert.Contains("1 gaps closed", Assert.Single(broadcaster.Log.Of(1507)), StringComparison.Ordinal);
        Assert.Equal(up.FirstSeen()[^4..], down.FirstSeen()[^4..]);
    }

    [Fact]
    public async Task A_server_whose_backlog_overflows_all_the_time_comes_back_all_the_same()
    {
        using var up = FramedServer.Redis();
        using var down = FramedServer.Redis(listens: false);
        using var broadcaster = BroadcasterUnderTest.Start(Small, [up.Address, down.Address]);
        await broadcaster.CurrentAsync(up);
        using var client = await broadcaster.ConnectAsync();
        int sent = 0;
        int connected = 0;
        for (; sent < 200_000 && connected < 20; sent += 100)
        {
            await client.SendAllAsync(Enumerable.Range(sent, 100).Select(Request));
            await client.ReadRepliesAsync(100);
            if (sent == 5000)
                down.Listen();
            if (broadcaster.StandingOf(down).IsCurrent)
                connected++;
        }

        Assert.Equal(20, connected);
        await broadcaster.NothingOwedAsync(up, down);
        Assert.Equal(sent, down.FirstSeen().Length + broadcaster.Of(down).DroppedRequests);
        Assert.Equal(up.Texts.TakeLast(down.FirstSeen().Length), down.FirstSeen());
        Assert.Equal(down.Repeats(), broadcaster.Of(down).Repeats);
    }

    /// <summary>Each connection dies after some requests and some answers; what is sent again is what had no answer, no more and no less.</summary>
    [Fact]
    public Task Whatever_is_lost_when_and_how_often_each_server_gets_all_in_one_order_and_repeats_are_counted_exactly() => Seed.RunAsync(async random =>
    {
        int seed = random.Next();
        FramedScript Dying(int salt) => Asking.Echoing with
        {
            Answer = request =>
            {
                // The same for the same connection, whatever the threads do.
                var dice = new Random(HashCode.Combine(seed, salt, request.Connection));
                int after = dice.Next(2, 60);
                if (request.IsPreamble || request.NumberOnConnection < after)
                    return Asking.Echoing.Answer!(request);
                return (dice.Next(4), Asking.Echoing.Answer!(request)) switch
                {
                    (0, _) => Reply.Close,
                    (1, _) => Reply.Reset,
                    (2, { } reply) => reply.Torn(2, ReplyThen.Close),
                    (_, { } reply) => reply.And(ReplyThen.Close),
                    _ => Reply.Close,
                };
            },
        };
        using var a = FramedServer.Redis(Dying(1));
        using var b = FramedServer.Redis(Dying(2));
        using var c = FramedServer.Redis(Asking.Echoing);
        var settings = Asking.Redis with { ReconnectDelayMax = TimeSpan.FromMilliseconds(5) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [a.Address, b.Address, c.Address]);
        await broadcaster.CurrentAsync(c);
        long preamble = broadcaster.Of(c).SentBytes;
        using var client = await broadcaster.ConnectAsync();
        using var other = await broadcaster.ConnectAsync();
        const int Count = 1500;
        for (int i = 0; i < Count;)
        {
            int batch = Math.Min(random.Next(1, 60), Count - i);
            string[] keys = [.. Enumerable.Range(i, batch).Select(at => $"{at}")];
            await client.SendAllAsync(keys.Select(key => $"GET {key}"));
            await other.SendAllAsync(keys.Select(key => $"GET o{key}"));
            Assert.Equal(keys, await client.ReadRepliesAsync(batch));
            Assert.Equal(keys.Select(key => "o" + key), await other.ReadRepliesAsync(batch));
            i += batch;
        }

        await broadcaster.NothingOwedAsync(a, b, c);
        foreach (var server in new[] { a, b })
        {
            Assert.Equal(c.Texts, server.FirstSeen());
            Assert.Equal(0, broadcaster.Of(server).DroppedRequests);

            // What the kernel took and the server never read is sent again, and counted; it was not seen twice. All that went out is
            // the log once, the preamble for each connection, and the repeats.
            var of = broadcaster.Of(server);
            Assert.Equal(of.SentBytes, broadcaster.Of(c).SentBytes + (preamble * (of.Connects - 1)) + of.RepeatedBytes);
            Assert.InRange(broadcaster.Of(server).Repeats, server.Repeats(), long.MaxValue);
            Assert.InRange(broadcaster.Of(server).ConnectionsLost, 10, long.MaxValue);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{broadcaster.Of(server).ConnectionsLost} connections lost, {broadcaster.Of(server).Repeats} repeats, {server.Repeats()} seen twice");
        }
    });

    /// <summary>In the form in which it reaches servers it is so long as the constant says.</summary>
    private static string Request(int i) => $"SET {i:d6} {new string('v', RequestBytes - 32)}";
}
