using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Nothing gets past by how it is written, cut, or hidden.</summary>
public sealed class RedisHostileTests
{
    private readonly ReaderDriver _client = new();

    [Theory]
    [InlineData("SHUTDOWN")]
    [InlineData("sHuTdOwN nosave")]
    [InlineData("\"SHUTDOWN\"")]
    [InlineData("'SHUTDOWN'")]
    [InlineData("\"\\x53HUTDOWN\"")]
    [InlineData("  SHUTDOWN")]
    [InlineData("SHUT\"DOWN\"")]
    public void However_a_line_is_quoted_it_is_judged_by_what_servers_would_read(string line) =>
        Assert.StartsWith("-ERR SHUTDOWN is refused", _client.Say(line).Answer, StringComparison.Ordinal);

    [Theory]
    [InlineData("SHUTDOWN\0x", "SHUTDOWN\\x00x")]
    [InlineData("SHUTDOWN\r\n", "SHUTDOWN\\x0D\\x0A")]
    [InlineData("SHUTDOWN ", "SHUTDOWN ")]
    [InlineData("", "")]
    [InlineData("\xff", "\\xFF")]
    public void A_name_with_bytes_that_no_name_has_goes_to_no_server(string name, string shown) =>
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, $"-ERR unknown command '{shown}'\r\n", ""), _client.Ask(name, "x"));

    [Theory]
    [InlineData("DEBUG\0")]
    [InlineData("")]
    [InlineData("DEBUG ")]
    public void Nor_does_such_a_subcommand_where_subcommands_matter(string subcommand) =>
        Assert.StartsWith("-ERR unknown subcommand '", _client.Ask("SCRIPT", subcommand, "YES").Answer, StringComparison.Ordinal);

    [Fact]
    public void Any_bytes_will_do_for_what_is_no_name() =>
        Assert.Equal(RequestAction.Forward, _client.Ask("GET", "\0\r\n" + new string('k', 100_000)).Verdict.Action);

    [Theory]
    [InlineData(64, RequestAction.Forward)]
    [InlineData(65, RequestAction.Answer)]
    [InlineData(100_000, RequestAction.Answer)]
    public void A_name_longer_than_64_bytes_goes_to_no_server(int length, RequestAction action)
    {
        var judged = _client.Ask(new string('n', length), "x");
        Assert.Equal(action, judged.Verdict.Action);
        if (action == RequestAction.Answer) Assert.StartsWith("-ERR unknown command '", judged.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subcommand_that_cannot_be_seen_goes_to_no_server()
    {
        Assert.Equal(RequestAction.Answer, _client.Ask("CONFIG", new string('x', 100_000)).Verdict.Action);
        Assert.Equal(RequestAction.Answer, _client.Ask("CLUSTER", new string('x', 65)).Verdict.Action);
        Assert.Equal(RequestAction.Forward, _client.Ask("CONFIG", new string('x', 64)).Verdict.Action);
    }

    [Fact]
    public void An_error_is_one_line_whatever_it_quotes()
    {
        string[][] requests =
        [
            ["a\r\n+OK\r\n"], ["CLIENT", "\r\n+OK"], ["CLIENT", "SETINFO", "\r\n+OK\r\n", "x"], ["HELLO", "2", "\r\n+OK\r\n"], ["CLIENT", "SETNAME", "\r\n"],
        ];
        foreach (string[] request in requests)
        {
            string answer = _client.Ask(request).Answer;
            Assert.StartsWith("-ERR ", answer, StringComparison.Ordinal);
            Assert.Equal(answer.Length - 2, answer.IndexOf('\r', StringComparison.Ordinal));
            Assert.InRange(answer.Length, 6, 200);
        }
    }

    [Fact]
    public void Wherever_a_stream_is_cut_the_verdicts_are_the_same()
    {
        string stream = "PING\r\n" + ReaderDriver.Encode("MULTI") + ReaderDriver.Encode("SET", "k", "v\r\nSHUTDOWN\r\n") + "SHUTDOWN\r\n"
            + ReaderDriver.Encode("EXEC") + "\r\n*0\r\nclient reply skip\r\n" + ReaderDriver.Encode("GET", "k") + ReaderDriver.Encode("SELECT", "2")
            + "multi\r\nset a \"b c\"\r\nexec\r\n" + ReaderDriver.Encode("HGETALL", "h") + "QUIT\r\n";
        var whole = new ReaderDriver().Feed(stream);
        Assert.Equal(15, whole.Count);
        for (int piece = 1; piece < stream.Length; piece++)
            Assert.Equal(whole, new ReaderDriver { PieceBytes = piece }.Feed(stream));
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            var client = new ReaderDriver();
            Assert.Equal(whole, [.. client.Feed(stream[..cut]), .. client.Feed(stream[cut..])]);
        }
    }

    [Theory]
    [InlineData("*1\rX$8\rYSHUTDOWNzz")]
    [InlineData("*1\r\r$8\r\rSHUTDOWN\r\r")]
    public void Line_ends_that_redis_does_not_look_at_hide_nothing(string request) =>
        Assert.StartsWith("-ERR SHUTDOWN is refused", Assert.Single(_client.Feed(request)).Answer, StringComparison.Ordinal);

    [Fact]
    public void Arguments_lie_where_the_framer_found_them()
    {
        var random = new Random(20261);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] request = Encoding.Latin1.GetBytes(ReaderDriver.Encode(
                [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new string('$', random.Next(5) == 0 ? random.Next(20_000) : random.Next(20)))]));
            var framer = new RespRequestFramer();
            Assert.Equal(FrameStatus.Complete, framer.Advance(request, long.MaxValue, out _));
            var arguments = new RequestArguments(request);
            Assert.Equal(framer.ArgumentCount, arguments.Count);
            for (int at = 0; at < RespRequestFramer.ArgumentsKnownMax && arguments.TryNext(out var argument) && framer.Argument(at).Length >= 0; at++)
            {
                Assert.True(argument.Overlaps(request, out int offset) || argument.IsEmpty);
                Assert.Equal(framer.Argument(at).Length, argument.Length);
                if (!argument.IsEmpty) Assert.Equal(framer.Argument(at).Offset, -offset);
            }
        }
    }

    [Fact]
    public void A_head_that_ends_anywhere_is_judged_without_a_fault()
    {
        var random = new Random(20260);
        string[] words = ["XREAD", "GROUP", "STREAMS", "CLIENT", "REPLY", "HELLO", "2", "AUTH", "SETNAME", "MULTI", "EXEC", "SELECT", "PING", "\0", "", "x"];
        for (int i = 0; i < 20_000; i++)
        {
            string[] arguments = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => words[random.Next(words.Length)])];
            string request = ReaderDriver.Encode(arguments);
            new ReaderDriver(i % 2 == 0 ? "" : "x") { HeadBytes = random.Next(request.Length + 1) }.Feed(request);
        }
    }

    [Fact]
    public void What_cannot_be_read_is_answered_as_redis_answers_it()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Equal(FrameStatus.Malformed, _client.Reader.Advance("*x\r\n"u8, _client.Settings, out _));
        _client.Reader.WriteFault(output);
        Assert.Equal("-ERR Protocol error: invalid multibulk length\r\n", Encoding.ASCII.GetString(output.WrittenSpan));
    }

    [Fact]
    public void A_request_that_is_forwarded_allocates_nothing()
    {
        byte[] get = Encoding.ASCII.GetBytes(ReaderDriver.Encode("GET", "key"));
        byte[] config = Encoding.ASCII.GetBytes(ReaderDriver.Encode("CONFIG", "GET", "key"));
        byte[] read = Encoding.ASCII.GetBytes(ReaderDriver.Encode("XREAD", "COUNT", "5", "STREAMS", "key", "0"));
        byte[] line = "HGETALL key\r\n"u8.ToArray();
        var scratch = new RequestScratch();
        var reader = new RedisRequestReader(1, new ScriptBodies());
        var settings = new ProtocolSettings();
        Forward(1);

        // The runtime may compile better code in the midst of a window, and that is no request's cost: the least of some counts.
        long least = long.MaxValue;
        for (int window = 0; window < 5 && least > 0; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Forward(10_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Forward(int times)
        {
            for (int i = 0; i < times; i++)
            {
                Judge(get);
                Judge(config);
                Judge(read);
                Judge(line);
            }
        }

        void Judge(byte[] request)
        {
            scratch.Clear();
            reader.Advance(request, settings, out _);
            if (reader.Judge(request, scratch, settings).Action != RequestAction.Forward) throw new InvalidOperationException();
        }
    }

    [Fact]
    public void A_client_that_says_nothing_costs_little()
    {
        var readers = new RedisRequestReader[1_000];
        var scripts = new ScriptBodies();
        readers[0] = new(1, scripts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < readers.Length; i++) readers[i] = new(i, scripts);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / readers.Length, 0, 200);
        GC.KeepAlive(readers);
    }
}
