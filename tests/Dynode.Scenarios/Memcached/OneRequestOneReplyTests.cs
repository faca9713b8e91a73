using System.Net.Sockets;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>What the framing of memcached says of requests and replies, held against the memcached that is installed.</summary>
[Trait("Server", "memcached")]
public sealed class OneRequestOneReplyTests
{
    private const int Rounds = 1_500;

    private static readonly string[] Others =
    [
        "mn", "me a", "me YQ== b", "flush_all", "verbosity 0", "lru mode flat", "slabs automove 0", "slabs reassign 1 2",
        "lru_crawler sleep 0", "cache_memlimit 64", "extstore item_age 5", "stats", "stats items", "stats slabs", "stats sizes",
        "stats conns", "stats reset", "stats extstore", "stats settings",
    ];

    private static readonly string[] AllFlags =
    [
        "q", "v", "k", "b", "c", "t", "h", "l", "f", "s", "u", "x", "T30", "N30", "R3", "C5", "E5", "Oq", "q5", "I", "MA", "MI", "M",
        "D5", "J5", "F7", "Fx", "Tx", "P", "L/x",
    ];

    private static readonly MemcachedProtocol Protocol = new();
    private static readonly ProtocolSettings Settings = new() { RequestBytesMax = 1 << 20, AllowsCas = true };

    [Fact]
    public Task Every_request_that_is_forwarded_gets_exactly_one_reply_whatever_clients_send() => Seed.RunAsync(async random =>
    {
        using var server = await MemcachedServer.StartAsync();
        using var connection = Connect(server);
        for (int round = 0; round < Rounds; round++)
        {
            string stream = DamagedText.Of(random, "set a 0 0 1\r\n", string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => RandomRequest(random))));
            var forwarded = Forwarded(stream);
            var replies = Ask(connection, string.Concat(forwarded.Select(request => request.Sent)));
            Assert.True(forwarded.Count == replies.Count, $"{forwarded.Count} requests, {replies.Count} replies to {stream}: {string.Concat(replies)}");
        }
    });

    [Theory]
    [InlineData("mg a q")]
    [InlineData("mg a q v")]
    [InlineData("mg none q k O7")]
    [InlineData("ms a 1 q\r\nx")]
    [InlineData("ms a 1 q ME\r\nx")]
    [InlineData("ms none 1 q MR\r\nx")]
    [InlineData("ms a 1 q C1\r\nx")]
    [InlineData("md a q")]
    [InlineData("md none q")]
    [InlineData("md a q C1")]
    [InlineData("ma n q")]
    [InlineData("ma n q v")]
    [InlineData("ma none q")]
    [InlineData("ma a q")]
    [InlineData("mg a q Nx")]
    [InlineData("set a 0 0 1 noreply\r\nx")]
    [InlineData("add a 0 0 1 noreply\r\nx")]
    [InlineData("delete none noreply")]
    [InlineData("incr a 1 noreply")]
    public async Task What_is_hidden_from_a_client_is_what_memcached_would_not_have_said(string request)
    {
        const string Before = "set a 0 0 5\r\nhello\r\nset n 0 0 1\r\n7\r\n";
        request += "\r\n";
        using var itself = await MemcachedServer.StartAsync();
        using var behind = await MemcachedServer.StartAsync();
        using var direct = Connect(itself);
        using var broadcast = Connect(behind);
        Ask(direct, Before);
        Ask(broadcast, Before);
        var (sent, hide) = Assert.Single(Forwarded(request));
        string reply = Assert.Single(Ask(broadcast, sent));
        bool hidden = hide == RequestVerdict.HidesAll || (hide != 0 && Protocol.Hides(hide, Encoding.Latin1.GetBytes(reply)));
        Assert.Equal(string.Concat(Ask(direct, request)), hidden ? "" : reply);
    }

    private static Socket Connect(RealServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, NoDelay = true };
        socket.Connect("127.0.0.1", server.Port);
        return socket;
    }

    /// <summary>What is forwarded of a client's stream, up to the fault that would close the client.</summary>
    private static List<(string Sent, byte Hide)> Forwarded(string stream)
    {
        var reader = Protocol.NewRequestReader(1);
        var forwarded = new List<(string, byte)>();
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        for (int at = 0; reader.Advance(bytes.AsSpan(at), Settings, out int length) == FrameStatus.Complete; at += length)
        {
            var verdict = reader.Judge(bytes.AsSpan(at, length), new RequestScratch(), Settings);
            string request = Encoding.Latin1.GetString(bytes, at, length);
            if (verdict.Action == RequestAction.Forward) forwarded.Add((request.Remove(verdict.CutOffset, verdict.CutLength), verdict.Hide));
        }

        return forwarded;
    }

    /// <summary>Sends requests, and gives all replies up to that of an mn behind them.</summary>
    private static List<string> Ask(Socket connection, string requests)
    {
        connection.Send(Encoding.Latin1.GetBytes(requests + "mn\r\n"));
        var reader = Protocol.NewReplyReader();
        var replies = new List<string>();
        var reply = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (replies.Count == 0 || replies[^1] != "MN\r\n")
        {
            int count = connection.Receive(buffer);
            Assert.True(count > 0, $"memcached closed the connection behind {requests}");
            for (int at = 0; at < count;)
            {
                var status = reader.Advance(buffer.AsSpan(at, count - at), out int length);
                Assert.NotEqual(FrameStatus.Malformed, status);
                reply.Append(Encoding.Latin1.GetString(buffer, at, length));
                at += length;
                if (status != FrameStatus.Complete) continue;
                replies.Add(reply.ToString());
                reply.Clear();
            }
        }

        replies.RemoveAt(replies.Count - 1);
        return replies;
    }

    private static string RandomRequest(Random random)
    {
        string key = DamagedText.Pick(random, "a", "b", "c", "noreply", "YQ==", new string('k', 249 + random.Next(3)));
        string noReply = DamagedText.Pick(random, "", "", " noreply");
        string end = DamagedText.Pick(random, "\r\n", "\r\n", "\n");
        string value = DamagedText.Pick(random, "", "1", "77", "hello", "flush_all\r\n", new string('v', 3_000));
        return random.Next(8) switch
        {
            0 => $"{DamagedText.Pick(random, "get", "gets", "gat 0", "gats 0")} {string.Join(' ', Enumerable.Repeat(key, random.Next(1, 30)))}{end}",
            1 or 2 => $"{DamagedText.Pick(random, "set", "add", "replace", "append", "prepend")} {key} {random.Next(9)} {random.Next(-1, 9)} {value.Length}{noReply}{end}{value}\r\n",
            3 => $"cas {key} 0 0 {value.Length} {random.Next(200)}{noReply}{end}{value}\r\n",
            4 => $"ms {key} {value.Length}{Flags(random)}{end}{value}\r\n",
            5 => $"{DamagedText.Pick(random, "mg", "md", "ma")} {key}{Flags(random)}{end}",
            6 => $"{DamagedText.Pick(random, "incr", "decr", "touch", "delete")} {key} {random.Next(5)}{noReply}{end}",
            _ => DamagedText.Pick(random, Others) + noReply + end,
        };
    }

    private static string Flags(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => " " + DamagedText.Pick(random, AllFlags)));
}
