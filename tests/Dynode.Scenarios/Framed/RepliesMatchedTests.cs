using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Replies are never torn, never mixed, in the client's order; a late reply can reach no other client.</summary>
public sealed class RepliesMatchedTests
{
    [Theory]
    [InlineData(ReplyThen.Close, 0)]
    [InlineData(ReplyThen.Close, 4)]
    [InlineData(ReplyThen.Reset, 4)]
    [InlineData(ReplyThen.Close, 8)]
    public async Task A_primary_that_dies_within_a_reply_with_many_in_flight_costs_no_client_an_answer(ReplyThen end, int bytes)
    {
        using var a = FramedServer.Redis(Asking.Echoing with
        {
            Answer = request => request is { Connection: 0, NumberOnConnection: 5 } ? Reply.Bulk(request.Words[1]).Torn(bytes, end) : Asking.Echoing.Answer!(request),
        });
        using var b = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        string[] keys = [.. Enumerable.Range(100, 100).Select(i => $"{i}")];
        await client.SendAllAsync(keys.Select(key => $"GET {key}"));
        Assert.Equal(keys, await client.ReadRepliesAsync(100));
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal(keys.Select(key => $"GET {key}"), a.FirstSeen());
        Assert.Equal(b.FirstSeen(), a.FirstSeen());
        Assert.Equal("GET 104", a.Requests.First(request => request.Connection == 1).Text);
        Assert.Equal((1, 0), (broadcaster.Of(a).ConnectionsLost, broadcaster.Of(a).DroppedRequests));
    }

    [Fact]
    public async Task The_only_server_dies_within_a_reply_and_what_it_answers_on_its_next_connection_reaches_nobody()
    {
        using var server = FramedServer.Redis(Asking.Echoing with
        {
            Answer = request => request is { Connection: 0, NumberOnConnection: 5 } ? Reply.Bulk("torn").Torn(6, ReplyThen.Close) : Asking.Echoing.Answer!(request),
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await broadcaster.CurrentAsync(server);
        server.HoldAnswers();
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(Enumerable.Range(0, 10).Select(i => $"GET {i}"));
        await Eventually.Equal(10, () => broadcaster.StandingOf(server).InFlight, broadcaster.Dump);
        server.ReleaseAnswers();
        string[] replies = await client.ReadRepliesAsync(10);
        Assert.Equal(["0", "1", "2", "3"], replies[..4]);
        Assert.All(replies[4..], reply => Assert.StartsWith("-ERR every server that was current is gone", reply, StringComparison.Ordinal));
        Assert.Equal("new", await client.AskAsync("GET new"));
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal(["GET 4", "GET 5", "GET 6", "GET 7", "GET 8", "GET 9", "GET new"], server.Requests.Where(request => request.Connection == 1).Select(request => request.Text));
        Assert.Equal((6, 6), (broadcaster.Of(server).Repeats, broadcaster.Of(server).DroppedRequests + broadcaster.Of(server).Repeats));
    }

    [Fact]
    public async Task A_reply_that_nobody_asked_for_ends_its_connection_and_is_nobodys()
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        await server.SendUnaskedAsync(Reply.Bulk("evil"));
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        Assert.Equal("2", await client.AskAsync("GET 2"));
        Assert.Contains("nothing had asked for", Assert.Single(broadcaster.Log.Of(1510)), StringComparison.Ordinal);
        Assert.Equal(0, server.Repeats());
    }

    [Theory]
    [InlineData(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n", "pushed what nothing had asked for: invalidate")]
    [InlineData(">1\r\n+moving\r\n", "pushed what nothing had asked for: moving")]
    [InlineData(">0\r\n", "pushed what nothing had asked for")]
    public async Task What_a_server_pushes_ends_its_connection_is_named_and_is_nobodys(string push, string said)
    {
        var pushed = Reply.Raw(Encoding.Latin1.GetBytes(push));
        using var server = FramedServer.Redis(Asking.Echoing with { Answer = request => request is { Text: "GET 2", Connection: 1 } ? pushed : Asking.Echoing.Answer!(request) });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));

        // Between replies, and in place of one.
        await server.SendUnaskedAsync(pushed);
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await broadcaster.CurrentAsync(server);
        Assert.StartsWith("-ERR every server that was current is gone", await client.AskAsync("GET 2"), StringComparison.Ordinal);
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal("3", await client.AskAsync("GET 3"));
        Assert.Equal(2, broadcaster.Of(server).ConnectionsLost);
        Assert.All(broadcaster.Log.Of(1510), line => Assert.Contains(said, line, StringComparison.Ordinal));
    }

    /// <summary>A script's word that it is busy is in doubt until it is known what follows, and what is pushed follows nothing.</summary>
    [Theory]
    [InlineData("EVAL x 0")]
    [InlineData("EVAL x 0", "GET 2")]
    public async Task What_is_pushed_while_a_reply_is_in_doubt_is_no_reply_either(params string[] requests)
    {
        const string Busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
        var both = Reply.Raw(Encoding.Latin1.GetBytes($"{Busy}\r\n>2\r\n+invalidate\r\n*0\r\n"));
        using var server = FramedServer.Redis(Asking.Echoing with { Answer = request => request.Name == "EVAL" ? both : Asking.Echoing.Answer!(request) });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        await client.SendAllAsync(requests);
        Assert.Equal(Busy, (await client.ReadRepliesAsync(1))[0]);
        await Eventually.Equal(1, () => broadcaster.Of(server).ConnectionsLost, broadcaster.Dump);
        await broadcaster.CurrentAsync(server);
        Assert.Single(server.Texts, text => text.StartsWith("EVAL", StringComparison.Ordinal));
        Assert.All(broadcaster.Log.Of(1510), line => Assert.Contains("pushed what nothing had asked for: invalidate", line, StringComparison.Ordinal));
    }

    /// <summary>It is as good as a server that ends the connection at this request: alone in flight twice, the request is dropped.</summary>
    [Fact]
    public async Task A_server_that_answers_garbage_is_not_believed_and_does_not_hang_on_it_for_ever()
    {
        using var bad = FramedServer.Redis(Asking.Echoing with { Answer = request => request.Text == "GET 3" ? Reply.Line("what?") : Asking.Echoing.Answer!(request) });
        using var good = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [bad.Address, good.Address]);
        await broadcaster.CurrentAsync(bad, good);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(Enumerable.Range(0, 10).Select(i => $"GET {i}"));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), await client.ReadRepliesAsync(10));
        await broadcaster.NothingOwedAsync(bad, good);
        Assert.Contains("no reply of this protocol", broadcaster.Log.Of(1510).First(), StringComparison.Ordinal);
        Assert.Equal(good.FirstSeen(), bad.FirstSeen());
        Assert.Equal(1, broadcaster.Of(bad).DroppedRequests);
    }

    [Fact]
    public async Task A_server_that_gives_half_a_reply_for_ever_is_waited_for_until_the_stall_timeout_and_closed_at_the_reply_timeout()
    {
        var time = new FakeTimeProvider();
        using var half = FramedServer.Redis(Asking.Echoing with { Answer = request => request.Text == "GET 1" ? Reply.Bulk("half").Halted(6) : Asking.Echoing.Answer!(request) });
        using var good = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, half.Tcp, good.Tcp);
        await broadcaster.CurrentAsync(half, good);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await Eventually.Equal(2, () => good.Answered - 3, good.Dump);
        time.Advance(Asking.Redis.StallTimeout - TimeSpan.FromSeconds(0.1));
        Assert.Equal(0, broadcaster.Snapshot.RelayedBytes);
        await time.UntilAsync(() => broadcaster.Snapshot.RelayedBytes > 0, broadcaster.Dump);
        Assert.Equal(["1", "2"], await client.ReadRepliesAsync(2));
        Assert.Equal(1, broadcaster.Log.Count(1503));
        Assert.Equal(0, broadcaster.Of(half).ConnectionsLost);

        // Nothing new of the torn reply may be taken for the new connection's.
        half.Script = Asking.Echoing;
        time.Advance(Asking.Redis.ReplyTimeout);
        await time.UntilAsync(() => half.Tcp.Accepted == 2 && broadcaster.StandingOf(half).IsCurrent, broadcaster.Dump);
        Assert.Equal("3", await client.AskAsync("GET 3"));
        Assert.Equal(2, broadcaster.Of(half).Repeats);
        Assert.Equal(["GET 1", "GET 2", "GET 3"], half.FirstSeen());
    }

    [Fact]
    public async Task A_reply_that_comes_before_its_request_was_wholly_sent_waits_for_that()
    {
        // It answers the first bytes of the large request, and reads the rest later.
        bool answered = false;
        using var early = ScriptedServer.Start(new ServerScript
        {
            Recording = Recording.Hash,
            ReplyPerRead = read =>
            {
                string text = Encoding.Latin1.GetString(read.Span);
                if (text.Contains("PING", StringComparison.Ordinal))
                    return "+PONG\r\n"u8.ToArray();
                if (text.Contains("INFO", StringComparison.Ordinal))
                    return "$11\r\nrole:master\r\n"u8.ToArray();
                if (text.Contains("HELLO", StringComparison.Ordinal))
                    return "-NOPROTO\r\n"u8.ToArray();
                if (answered)
                    return null;
                answered = true;
                return "+OK\r\n"u8.ToArray();
            },
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, early);
        using var client = await broadcaster.ConnectAsync();
        string value = new('v', 15 << 20);
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$1\r\na\r\n${value.Length}\r\n{value}\r\n");
        Assert.Equal("+OK", await client.ReadReplyAsync());
        await early.ReceivedBytesAsync(value.Length);
        Assert.Equal((0, 0), (broadcaster.Of(early).ConnectionsLost, broadcaster.Of(early).Standing!.LagRequests));
    }

    [Theory]
    [InlineData(1 << 20, ReplyThen.Close)]
    [InlineData(20 << 20, ReplyThen.Close)]
    [InlineData(20 << 20, ReplyThen.Reset)]
    public async Task A_long_reply_torn_by_its_servers_death_closes_the_client_it_streams_to_and_no_other(int length, ReplyThen end)
    {
        string value = string.Concat(Enumerable.Range(0, length / 8).Select(i => $"{i:d8}"));
        using var server = FramedServer.Redis(Asking.Echoing with
        {
            Answer = request => request is { Text: "GET long", Connection: 0 } ? Reply.Bulk(value).Torn(length / 2, end) : Asking.Echoing.Answer!(request),
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var other = await broadcaster.ConnectAsync();
        Assert.Equal("1", await other.AskAsync("GET 1"));
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET long\r\nGET behind\r\n");
        var got = await client.ReadToEndAsync();
        Assert.StartsWith(got.Text, $"${value.Length}\r\n{value}", StringComparison.Ordinal);
        Assert.InRange(got.Bytes.Length, 0, length / 2);
        Assert.Equal("2", await other.AskAsync("GET 2"));
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal(1, broadcaster.Snapshot.Clients);
        Assert.Equal(["GET 1", "GET long", "GET behind", "GET 2"], server.FirstSeen());
    }

    [Fact]
    public async Task A_long_reply_comes_whole_however_it_is_cut_and_whatever_follows()
    {
        string value = new('x', 20 << 20);
        using var server = FramedServer.Redis(Asking.Echoing with
        {
            Answer = request => request.Text == "GET long" ? Reply.Bulk(value).Halted(5 << 20) : Asking.Echoing.Answer!(request),
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET long\r\nGET 1\r\n");
        Assert.Equal(5 << 20, (await client.ReadTextAsync(5 << 20)).Length);
        server.EndHalts();
        await client.ReadAsync(value.Length + 13 - (5 << 20));
        Assert.Equal("1", await client.ReadReplyAsync());
    }

    /// <summary>Bytes that come are no silence, whatever else the server owes.</summary>
    [Fact]
    public async Task A_long_reply_that_comes_slowly_is_progress()
    {
        var time = new FakeTimeProvider();
        string value = new('x', 1 << 20);
        using var slow = ScriptedServer.Start(new ServerScript { ReplyPerRead = RedisPreamble });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, slow);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("GET long\r\n");
        var connection = await slow.ConnectionAsync(0);
        await Eventually.True(() => connection.ReceivedText.Contains("long", StringComparison.Ordinal), broadcaster.Dump);
        byte[] reply = Encoding.Latin1.GetBytes($"${value.Length}\r\n{value}\r\n");
        const int Piece = 100_000;
        for (int at = 0; at < reply.Length; at += Piece)
        {
            long before = broadcaster.Of(slow).RepliedBytes;
            int count = Math.Min(Piece, reply.Length - at);
            await connection.SendAsync(reply.AsMemory(at, count));
            await Eventually.Equal(before + count, () => broadcaster.Of(slow).RepliedBytes, broadcaster.Dump);
            for (int i = 0; i < 6; i++)
            {
                time.Advance(Asking.Redis.ReplyTimeout / 8);
                _ = broadcaster.Snapshot;
            }
        }

        Assert.Equal(value.Length, (await client.ReadReplyAsync()).Length);
        Assert.Equal(0, broadcaster.Of(slow).ConnectionsLost);
    }

    [Fact]
    public async Task Late_replies_of_a_server_that_has_withdrawn_reach_nobody()
    {
        var time = new FakeTimeProvider();
        using var late = FramedServer.Redis(Asking.Echoing);
        using var good = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, late.Tcp, good.Tcp);
        await broadcaster.CurrentAsync(late, good);
        late.HoldAnswers();
        var clients = new List<TestClient>();
        try
        {
            for (int i = 0; i < 20; i++)
                clients.Add(await broadcaster.ConnectAsync());
            foreach (var (client, i) in clients.Select((client, i) => (client, i)))
                await client.SendAllAsync(Enumerable.Range(0, 20).Select(j => $"GET {i}-{j}"));
            await time.UntilAsync(() => broadcaster.Log.Count(1503) == 1, broadcaster.Dump);
            for (int i = 0; i < 10; i++)
                Assert.Equal(Enumerable.Range(0, 20).Select(j => $"{i}-{j}"), await clients[i].ReadRepliesAsync(20));
            await clients[15].SendAsync("GET more\r\n");
            for (int i = 0; i < 400; i += 7)
                late.ReleaseAnswers(7);
            late.ReleaseAnswers();
            for (int i = 10; i < 20; i++)
                Assert.Equal(Enumerable.Range(0, 20).Select(j => $"{i}-{j}"), await clients[i].ReadRepliesAsync(20));
            Assert.Equal("more", await clients[15].ReadReplyAsync());
            await broadcaster.CurrentAsync(late);
            for (int i = 0; i < 20; i++)
                Assert.Equal($"{i}", await clients[i].AskAsync($"GET {i}"));
            Assert.Equal((0, 0), (broadcaster.Of(late).Divergences, broadcaster.Of(late).ConnectionsLost));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static byte[]? RedisPreamble(ReadOnlyMemory<byte> read)
    {
        string text = Encoding.Latin1.GetString(read.Span);
        return text.Contains("PING", StringComparison.Ordinal) ? "+PONG\r\n"u8.ToArray()
            : text.Contains("INFO", StringComparison.Ordinal) ? "$11\r\nrole:master\r\n"u8.ToArray()
            : text.Contains("HELLO", StringComparison.Ordinal) ? "-NOPROTO\r\n"u8.ToArray()
            : null;
    }
}
