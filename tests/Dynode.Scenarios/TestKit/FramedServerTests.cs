using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;

namespace Dynode.Scenarios.TestKit;

/// <summary>What the framed server says it does, from the other end.</summary>
public sealed class FramedServerTests
{
    [Fact]
    public async Task It_records_each_request_in_order_with_the_connection_that_brought_it()
    {
        using FramedServer server = FramedServer.Redis();
        using TestClient a = await TestClient.ConnectAsync(server.Port);
        await a.SendInPiecesAsync(Bytes("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n1\r\n2\r\n"));
        await a.SendAsync("get a\r\n\r\n*1\r\n$6\r\nDBSIZE\r\n");
        Assert.Equal("+OK\r\n+OK\r\n+OK\r\n", await a.ReadTextAsync(15));
        using TestClient b = await TestClient.ConnectAsync(server.Port);
        await b.SendAsync("DEL a\r\nDEL b\r\n");
        IReadOnlyList<FramedRequest> requests = await server.RequestsAsync(5);
        Assert.Equal(["SET a 1\r\n2", "get a", "DBSIZE", "DEL a", "DEL b"], server.Texts);
        Assert.Equal([0, 0, 0, 1, 1], requests.Select(r => r.Connection));
        Assert.Equal([1, 2, 3, 4, 5], requests.Select(r => r.Number));
        Assert.Equal([true, false, false, true, false], requests.Select(r => r.IsFirstOnConnection));
        Assert.Equal("GET", requests[1].Name);
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task A_large_request_that_comes_in_many_reads_is_one()
    {
        using FramedServer server = FramedServer.Redis();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        string value = new('v', 16_000_000);
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$1\r\na\r\n${value.Length}\r\n{value}\r\nPING\r\n");
        Assert.Equal("+OK\r\n+PONG\r\n", await client.ReadTextAsync(12));
        Assert.Equal(value, server.Requests[0].Words[2]);
    }

    [Fact]
    public async Task It_answers_what_a_connection_begins_with_as_a_master_does_and_counts_none_of_it()
    {
        using FramedServer server = FramedServer.Redis(new() { Password = "secret", Username = "dynode" });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await AskAsync(client, "PING", "-NOAUTH Authentication required.");
        await AskAsync(client, "AUTH dynode wrong", "-WRONGPASS invalid username-password pair or user is disabled.");
        await AskAsync(client, "AUTH secret", "-WRONGPASS invalid username-password pair or user is disabled.");
        await AskAsync(client, "AUTH dynode secret", "+OK");
        await AskAsync(client, "PING", "+PONG");
        Assert.Contains("\r\nrole:master\r\n", await InfoAsync(client), StringComparison.Ordinal);
        await AskAsync(client, "SELECT 3", "+OK");
        Assert.Empty(server.Requests);
        Assert.Equal(7, server.Received.Count(r => r.IsPreamble));
        await AskAsync(client, "SET a 1", "+OK");
        await AskAsync(client, "PING", "+PONG");
        Assert.Equal(["SET a 1", "PING"], server.Texts);
        Assert.Equal([3, 3], server.Requests.Select(r => r.Database));
        Assert.True(server.Requests[0].IsFirstOnConnection);
    }

    [Fact]
    public async Task A_transaction_is_answered_when_it_runs()
    {
        using FramedServer server = FramedServer.Redis(new() { Answer = r => r.Name == "GET" ? FramedReply.Bulk("x") : null });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await client.SendAsync("MULTI\r\nSET a 1\r\nGET a\r\nEXEC\r\nGET a\r\nMULTI\r\nSET a 2\r\nDISCARD\r\nEXEC\r\n");
        const string Expected = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\nx\r\n$1\r\nx\r\n+OK\r\n+QUEUED\r\n+OK\r\n-ERR EXEC without MULTI\r\n";
        Assert.Equal(Expected, await client.ReadTextAsync(Expected.Length));
        Assert.Equal(9, server.Requests.Count);
    }

    [Fact]
    [Trait("Server", "redis")]
    public async Task It_says_what_a_real_redis_says()
    {
        const string Dialogue = "AUTH secret\r\nEXEC\r\nDISCARD\r\nPING\r\nMULTI\r\nMULTI\r\nPING\r\nEXEC\r\nMULTI\r\nSET a 1\r\nDISCARD\r\n"
            + "SELECT 9999\r\nSELECT 1\r\nSET a 1\r\nHELLO 9\r\n*0\r\n\r\nQUIT\r\nPING\r\n";
        using RealServer redis = await RedisServer.StartAsync();
        using FramedServer server = FramedServer.Redis(new() { RefusedDatabases = [9999] });

        // valkey has words of its own for what is not taken inside MULTI, and aborts it.
        foreach (string dialogue in new[] { RedisServer.IsValkey ? Dialogue.Replace("MULTI\r\nMULTI\r\n", "MULTI\r\n", StringComparison.Ordinal) : Dialogue, "PING\r\n*2\r\n+GET\r\n" })
        {
            using TestClient real = await TestClient.ConnectAsync(redis.Port);
            using TestClient scripted = await TestClient.ConnectAsync(server.Port);
            await real.SendAsync(dialogue);
            await scripted.SendAsync(dialogue);
            Assert.Equal((await real.ReadToEndAsync()).Text, (await scripted.ReadToEndAsync()).Text);
        }
    }

    [Fact]
    public async Task It_says_not_now_and_no_in_the_words_of_redis()
    {
        using FramedServer server = FramedServer.Redis(new() { Loading = true });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await AskAsync(client, "PING", "-LOADING Redis is loading the dataset in memory");
        Assert.Contains("\r\nloading:1\r\n", await InfoAsync(client), StringComparison.Ordinal);
        server.Script = new() { Role = "slave", Refusal = "-READONLY You can't write against a read only replica." };
        Assert.Contains("\r\nrole:slave\r\n", await InfoAsync(client), StringComparison.Ordinal);
        await AskAsync(client, "SET a 1", "-READONLY You can't write against a read only replica.");
        server.Script = new() { Refusal = "-OOM command not allowed when used memory > 'maxmemory'." };
        await AskAsync(client, "SET a 2", "-OOM command not allowed when used memory > 'maxmemory'.");
        server.Script = new() { RefusedDatabases = [7] };
        await AskAsync(client, "SELECT 7", "-ERR DB index is out of range");
        await AskAsync(client, "SELECT 6", "+OK");
        await AskAsync(client, "SET a 3", "+OK");
        Assert.Equal([0, 0, 0, 0, 6], server.Requests.Select(r => r.Database));
        server.Script = new() { Default = FramedReply.Bulk("v") };
        await AskAsync(client, "GET a", "$1");
    }

    [Fact]
    public async Task While_answers_are_held_it_goes_on_recording_and_lets_go_one_by_one()
    {
        using FramedServer server = FramedServer.Redis(new() { Answer = r => r.IsPreamble ? null : FramedReply.Line($"+{r.Number}") });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        server.HoldAnswers();
        await AskAsync(client, "PING", "+PONG");
        await client.SendAsync("A\r\nB\r\nC\r\nD\r\n");
        await server.TextsAsync(["A", "B", "C", "D"]);
        await server.WithheldAsync(4);
        server.ReleaseAnswers(1);
        Assert.Equal("+1", await client.ReadLineAsync());
        await server.WithheldAsync(3);
        Assert.Equal(2, server.Answered);
        server.ReleaseAnswers(2);
        Assert.Equal("+2", await client.ReadLineAsync());
        Assert.Equal("+3", await client.ReadLineAsync());
        Assert.Equal("+PONG\r\n+1\r\n+2\r\n+3\r\n".Length, client.ReceivedBytes);
        server.ReleaseAnswers();
        Assert.Equal("+4", await client.ReadLineAsync());
        await AskAsync(client, "E", "+5");
    }

    [Fact]
    public async Task It_can_answer_the_first_requests_alone()
    {
        using FramedServer server = FramedServer.Redis();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        server.HoldAnswers(after: 2, preamblesToo: true);
        await client.SendAsync("PING\r\nA\r\nB\r\nC\r\n");
        await server.RequestsAsync(3);
        await server.WithheldAsync(2);
        server.CloseAll();
        Assert.Equal("+PONG\r\n+OK\r\n", (await client.ReadToEndAsync()).Text);
        Assert.Equal(0, server.Withheld);
    }

    [Fact]
    public async Task While_it_does_not_read_it_records_nothing()
    {
        using FramedServer server = FramedServer.Redis();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await AskAsync(client, "A", "+OK");
        server.PauseReading();
        await client.SendAsync("B\r\n");

        // That the bytes are there and could be read is known from a connection that is read.
        using TestClient later = await TestClient.ConnectAsync(server.Port);
        (await server.Tcp.ConnectionAsync(1)).ResumeReading();
        await AskAsync(later, "C", "+OK");
        Assert.Equal(["A", "C"], server.Texts);
        server.ResumeReading();
        Assert.Equal("+OK", await client.ReadLineAsync());
        Assert.Equal(["A", "C", "B"], server.Texts);
    }

    [Theory]
    [InlineData(ReplyThen.Close)]
    [InlineData(ReplyThen.Reset)]
    public async Task It_can_die_in_the_middle_of_a_reply(ReplyThen then)
    {
        using FramedServer server = FramedServer.Redis(new() { Answer = r => r.Name == "GET" ? FramedReply.Bulk("value").Torn(6, then) : null });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await client.SendAsync("SET a 1\r\nGET a\r\n");
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal("+OK\r\n$5\r\nva", read.Text);
        Assert.Equal(then == ReplyThen.Reset, read.WasReset);
    }

    [Fact]
    public async Task It_can_halt_in_the_middle_of_a_reply_and_go_on_when_told_to()
    {
        using FramedServer server = FramedServer.Redis(new() { Answer = r => r.Name == "GET" ? FramedReply.Bulk("value").Halted(6) : null });
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await client.SendAsync("GET a\r\nSET a 1\r\n");
        Assert.Equal("$5\r\nva", await client.ReadTextAsync(6));
        await server.RequestsAsync(2);
        await server.WithheldAsync(2);
        server.EndHalts();
        Assert.Equal("lue\r\n+OK\r\n", await client.ReadTextAsync(10));
    }

    [Fact]
    public async Task A_request_that_kills_it_is_the_last_that_its_connection_takes()
    {
        using FramedServer server = FramedServer.Redis(new() { Answer = r => r.Name == "SHUTDOWN" ? FramedReply.Close : null });
        for (int round = 0; round < 2; round++)
        {
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            await client.SendAsync("A\r\nSHUTDOWN\r\nB\r\n");
            ReadToEnd read = await client.ReadToEndAsync();
            Assert.Equal("+OK\r\n", read.Text);
            Assert.False(read.WasReset);
        }

        Assert.Equal(["A", "SHUTDOWN", "A", "SHUTDOWN"], server.Texts);
        Assert.Equal([1, 2, 1, 2], server.Requests.Select(r => r.NumberOnConnection));
    }

    [Fact]
    public async Task It_can_send_what_nobody_asked_for()
    {
        using FramedServer server = FramedServer.Redis();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await server.Tcp.ConnectionAsync(0);
        await server.SendUnaskedAsync(FramedReply.Line("+surprise"));
        Assert.Equal("+surprise", await client.ReadLineAsync());
    }

    [Fact]
    public async Task It_goes_down_and_comes_back_on_its_port_and_counts_on()
    {
        using FramedServer server = FramedServer.Redis(listens: false);
        await RefusesAsync(server);
        server.Listen();
        using TestClient first = await TestClient.ConnectAsync(server.Port);
        await AskAsync(first, "A", "+OK");
        server.Kill();
        Assert.True((await first.ReadToEndAsync()).WasReset);
        await RefusesAsync(server);
        server.Listen();
        using TestClient second = await TestClient.ConnectAsync(server.Port);
        await AskAsync(second, "B", "+OK");
        server.StopListening();
        await RefusesAsync(server);
        await AskAsync(second, "C", "+OK");
        Assert.Equal([(0, 1, 1), (1, 2, 1), (1, 3, 2)], server.Requests.Select(r => (r.Connection, r.Number, r.NumberOnConnection)));
    }

    [Fact]
    public async Task Once_it_was_killed_nothing_more_is_recorded()
    {
        using FramedServer server = FramedServer.Redis();
        byte[] burst = Bytes(string.Concat(Enumerable.Repeat("*1\r\n$1\r\nA\r\n", 30_000)));
        for (int round = 0; round < 20; round++)
        {
            int before = server.Requests.Count;
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            Task<long> drained = client.DrainToEndAsync();
            Task sent = client.SendAsync(burst);
            await server.RequestsAsync(before + 1);
            server.Kill();
            int count = server.Requests.Count;
            await drained;
            await Task.WhenAny(sent);
            Assert.Equal(count, server.Requests.Count);
            Assert.Equal(0, server.Withheld);
            server.Listen();
        }

        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task What_is_no_request_is_a_fault_and_what_is_half_a_one_is_seen()
    {
        using FramedServer server = FramedServer.Redis();
        using (TestClient half = await TestClient.ConnectAsync(server.Port))
        {
            await half.SendAsync("A\r\n*2\r\n$3\r\nGET\r\n$1");
            Assert.Equal("+OK", await half.ReadLineAsync());
            half.ShutdownSend();
            await half.ReadToEndAsync();
        }

        Assert.Equal(["A"], server.Texts);
        Assert.Equal(15, server.HalfRequestBytes(0));
        Assert.Empty(server.Faults);
        using TestClient wrong = await TestClient.ConnectAsync(server.Port);
        await wrong.SendAsync("*1\r\n+GET\r\nB\r\n");
        Assert.Equal("-ERR Protocol error: expected '$', got '+'\r\n", (await wrong.ReadToEndAsync()).Text);
        Assert.Equal("#1: expected '$', got '+'", Assert.Single(server.Faults));
        Assert.Equal(["A"], server.Texts);
    }

    [Fact]
    public async Task It_speaks_memcached_too()
    {
        using FramedServer server = FramedServer.Memcached();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await AskAsync(client, "version", "VERSION 1.6.0");
        await client.SendInPiecesAsync(Bytes("set a 0 0 6\r\nx\r\ny\r\n\r\nget a b\r\nms a 2 T0\r\nzz\r\nmg a v\r\nmn\r\ndelete a\r\nbogus\r\n"));
        const string Expected = "STORED\r\nEND\r\nHD\r\nEN\r\nMN\r\nDELETED\r\nERROR\r\n";
        Assert.Equal(Expected, await client.ReadTextAsync(Expected.Length));
        Assert.Equal(["set a 0 0 6 x\r\ny\r\n", "get a b", "ms a 2 T0 zz", "mg a v", "mn", "delete a", "bogus"], server.Texts);
        server.Script = new() { Refusal = "SERVER_ERROR out of memory storing object" };
        await AskAsync(client, "set a 0 0 1\r\n1", "SERVER_ERROR out of memory storing object");
        await client.SendAsync("set a 0 0 1\r\n123");
        Assert.Equal("CLIENT_ERROR bad data chunk\r\n", (await client.ReadToEndAsync()).Text);
        Assert.Single(server.Faults);
    }

    [Fact]
    public async Task It_speaks_lines_too_and_may_answer_none()
    {
        using FramedServer server = FramedServer.Line();
        using TestClient client = await TestClient.ConnectAsync(server.Port);
        await AskAsync(client, "a b", "ok a b");
        await AskAsync(client, "", "ok ");
        server.Script = new() { Default = FramedReply.None };
        await client.SendAsync("c\nd\n");
        await server.TextsAsync(["a b", "", "c", "d"]);
        server.Script = new();
        await AskAsync(client, "e", "ok e");
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static async Task AskAsync(TestClient client, string line, string reply)
    {
        await client.SendAsync(line + "\r\n");
        Assert.Equal(reply, await client.ReadLineAsync());
    }

    private static async Task<string> InfoAsync(TestClient client)
    {
        await client.SendAsync("INFO replication\r\n");
        string head = (await client.ReadLineAsync())!;
        return await client.ReadTextAsync(int.Parse(head.AsSpan(1), CultureInfo.InvariantCulture) + 2);
    }

    private static async Task RefusesAsync(FramedServer server)
    {
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => TestClient.ConnectAsync(server.Port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }
}
