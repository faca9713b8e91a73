using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Dynode.TestKit;
using Xunit;
using static Dynode.Scenarios.MembershipListServer;

namespace Dynode.Scenarios;

public class MembershipAnswerTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(AnswerBody.AnswerBytesMax - 1, true)]
    [InlineData(AnswerBody.AnswerBytesMax, true)]
    [InlineData(AnswerBody.AnswerBytesMax + 1, false)]
    public void An_answer_is_limited_to_1_MiB_however_it_is_framed(int length, bool isGood)
    {
        string body = "[\"a:1\"" + new string(' ', length - 7) + "]";
        string chunks = string.Create(CultureInfo.InvariantCulture, $"{length:x}\r\n{body}\r\n0\r\n\r\n");
        foreach (string answer in (string[])[$"Content-Length: {length}\r\n\r\n{body}", $"Transfer-Encoding: chunked\r\n\r\n{chunks}", $"\r\n{body}"])
        {
            ListVerdict verdict = AskOnce((stream, _) => Send(stream, "HTTP/1.1 200 OK\r\n" + answer));
            Assert.Equal(isGood, verdict.IsGood);
            if (!isGood)
                Assert.StartsWith("the answer is longer than 1 MiB", verdict.Fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_2_GB_answer_is_refused_by_its_header() =>
        Assert.Equal(
            "the answer is longer than 1 MiB: it declares 2147483648 bytes",
            AskOnce((stream, _) => { Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n["); Hang(stream); }).Fault);

    [Fact]
    public void An_endless_chunked_answer_is_refused_at_the_limit()
    {
        string chunk = "1000\r\n" + new string(' ', 0x1000) + "\r\n";
        Assert.Equal("the answer is longer than 1 MiB: it does not end there", AskOnce((stream, _) =>
        {
            Send(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
                Send(stream, chunk);
        }).Fault);
    }

    [Fact]
    public void A_compressed_answer_is_not_unpacked() =>
        Assert.Equal(
            "the answer is compressed (gzip), which was not asked for",
            AskOnce((stream, _) => Send(stream, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u001f8b")).Fault);

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[\"a:1")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[\"a:1\"]\r\n")]
    public void A_server_that_falls_silent_anywhere_is_given_up_at_the_timeout(string beginning)
    {
        long begun = Stopwatch.GetTimestamp();
        Assert.Equal("no whole answer within 0.3 s", AskOnce((stream, _) => { Send(stream, beginning); Hang(stream); }, Short).Fault);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), Short * 0.9, MembershipFetch.Patience);
    }

    [Fact]
    public void A_dripping_answer_does_not_outlive_the_timeout() =>
        Assert.Equal("no whole answer within 0.3 s", AskOnce((stream, _) =>
        {
            Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n[");
            var pace = new ManualResetEventSlim();
            while (!pace.Wait(20))
                Send(stream, " ");
        }, Short).Fault);

    [Fact]
    public void The_timeout_covers_redirects()
    {
        using var server = new MembershipListServer((stream, _) =>
        {
            new ManualResetEventSlim().Wait(100);
            Send(stream, "HTTP/1.1 302 Found\r\nLocation: /list\r\nContent-Length: 0\r\n\r\n");
        });
        Assert.Equal("no whole answer within 0.3 s", MembershipFetch.Of(server.Url, timeout: Short).Fault);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[\"a:1\"")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[\"a:1\"]\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("")]
    public void A_connection_closed_in_mid_answer_is_no_answer(string beginning) =>
        Assert.Equal("the connection was closed before the whole answer had come", AskOnce((stream, _) => Send(stream, beginning)).Fault);

    [Fact]
    public void Headers_that_are_too_large_are_refused() =>
        Assert.Equal(
            "the answer's headers are longer than 32 KiB",
            AskOnce((stream, _) => Send(stream, $"HTTP/1.1 200 OK\r\nX: {new string('x', 40_000)}\r\nContent-Length: 7\r\n\r\n[\"a:1\"]")).Fault);

    [Theory]
    [InlineData("500 Broken")]
    [InlineData("404 Not Found")]
    [InlineData("304 Not Modified")]
    [InlineData("300 Multiple Choices")]
    public void A_status_other_than_2xx_is_a_fault_even_with_a_good_body(string status)
    {
        using var server = Answering(status.StartsWith("304", StringComparison.Ordinal) ? "" : "[\"a:1\"]", status);
        Assert.Equal("HTTP " + status[..3], MembershipFetch.Of(server.Url).Fault);
    }

    [Fact]
    public void No_content_is_an_empty_answer() =>
        Assert.Equal("the answer is empty", AskOnce((stream, _) => Send(stream, "HTTP/1.1 204 No Content\r\n\r\n")).Fault);

    [Fact]
    public void A_server_that_speaks_no_HTTP_is_named_so()
    {
        string fault = AskOnce((stream, _) => Send(stream, "-ERR unknown\r\n\u001b[2J\r\n")).Fault!;
        Assert.StartsWith("the answer is not HTTP/1.1", fault, StringComparison.Ordinal);
        Assert.All(fault, c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void A_reset_is_named_so()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = new Thread(() =>
        {
            using Socket socket = listener.AcceptSocket();
            _ = socket.Receive(new byte[1]);
            socket.Close(0);
        });
        accepting.Start();
        Assert.StartsWith("connection reset; it may be that it speaks https", MembershipFetch.Of($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/").Fault);
        accepting.Join();
    }

    [Fact]
    public void A_refused_connection_and_an_unknown_host_are_named_so()
    {
        int port;
        using (var server = Answering("[]"))
            port = server.Port;
        Assert.Equal("connection refused", MembershipFetch.Of($"http://127.0.0.1:{port}/").Fault);
        Assert.StartsWith("the host name does not resolve", MembershipFetch.Of("http://nobody.invalid/").Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_whose_name_is_not_answered_for_costs_its_request_alone_and_no_thread_but_its_own()
    {
        using var names = new ScriptedNames();
        names.Silence("silent.example");
        var lookups = new NameLookups(names.Look, 4, TimeProvider.System);
        for (int i = 0; i < 3; i++)
        {
            string? fault = MembershipFetch.Of("http://silent.example/", timeout: TimeSpan.FromSeconds(0.1), lookups: lookups).Fault;
            Assert.StartsWith("no whole answer within 0.1 s", fault, StringComparison.Ordinal);
        }

        // They wait for the same lookup, and an interrupt for none.
        Assert.Equal((1, 0), (names.Asked("silent.example"), names.OnPool));
        using var interrupt = new CancellationTokenSource(TimeSpan.FromSeconds(0.1));
        Assert.False(MembershipFetch.Of("http://silent.example/", timeout: TimeSpan.FromMinutes(5), lookups: lookups, interrupted: interrupt.Token).IsGood);

        using var server = new MembershipListServer((stream, _) => Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n[\"redis:6379\"]"));
        names.Set("silent.example", "127.0.0.1");
        await Eventually.Equal(0, () => names.Hanging);
        Assert.True(MembershipFetch.Of($"http://silent.example:{new Uri(server.Url).Port}/", lookups: lookups).IsGood);
    }

    [Fact]
    public void An_interrupted_request_ends_at_once()
    {
        using var interrupt = new CancellationTokenSource();
        using var server = new MembershipListServer((stream, _) =>
        {
            Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[");
            interrupt.Cancel();
            Hang(stream);
        });
        long begun = Stopwatch.GetTimestamp();
        Assert.False(MembershipFetch.Of(server.Url, timeout: TimeSpan.FromMinutes(5), interrupted: interrupt.Token).IsGood);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, MembershipFetch.Patience);
    }

    private static ListVerdict AskOnce(Action<Stream, string> script, TimeSpan? timeout = null)
    {
        using var server = new MembershipListServer(script);
        return MembershipFetch.Of(server.Url, timeout: timeout);
    }
}
