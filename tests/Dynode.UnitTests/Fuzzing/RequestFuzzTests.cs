using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.Protocols.Memcached;
using Dynode.Protocols.Redis;
using Dynode.UnitTests.Protocols.Memcached;
using Dynode.UnitTests.Protocols.Redis;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>Clients that send anything: it is read the same however it is cut, and servers are sent whole requests alone, as many as replies are waited for.</summary>
[Trait("Kind", "fuzz")]
public sealed class RequestFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] RedisWords =
    [
        "*1\r\n", "*3\r\n", "$3\r\n", "$-1\r\n", "*-1\r\n", "\r\n", "\n", "\r", "\"", "'", "\\x41", "\0", " ", "SET", "GET", "MULTI\r\n", "EXEC\r\n", "DISCARD\r\n", "SELECT 1\r\n", "SELECT 16\r\n",
        "HELLO 3\r\n", "HELLO 2 AUTH default x SETNAME y\r\n", "AUTH x\r\n", "EVAL", "EVALSHA", "SCRIPT LOAD", "SCRIPT FLUSH\r\n", "SCAN 0 MATCH * COUNT 10\r\n", "XREAD BLOCK 0 STREAMS a 0\r\n", "BLPOP a 0\r\n",
        "SUBSCRIBE a\r\n", "MONITOR\r\n", "CLIENT REPLY OFF\r\n", "CLIENT REPLY SKIP\r\n", "CLIENT SETNAME a\r\n", "CLIENT SETINFO LIB-NAME x\r\n", "CONFIG GET *\r\n", "SHUTDOWN\r\n", "DEBUG", "RESET\r\n", "QUIT\r\n", "PING\r\n", "ECHO a\r\n",
        "*2\r\n$4\r\nEXEC\r\n$0\r\n\r\n", "*3\r\n$3\r\nSET\r\n$5\r\nowner\r\n$1\r\nx\r\n", "WATCH a\r\n", "UNWATCH\r\n", "READONLY\r\n", "CLUSTER SLOTS\r\n", "FUNCTION LOAD", "SPUBLISH a b\r\n", "WAIT 1 1\r\n", "OBJECT HELP\r\n",
    ];

    private static readonly string[] LineWords = ["\n", "\r\n", "\r", "\0", " ", "3 abc", "0 ", "10 ", "01 ", "<34>1 2003", "65536 ", "\u00e9"];

    private static readonly string[] MemcachedWords =
    [
        "\r\n", "\n", "\r", "\0", " ", "noreply", "get ", "gets a\r\n", "set a 0 0 1\r\n1\r\n", "mg ", "ms a 5 ", "mn\r\n", "me a\r\n", "ma ", "md ", " q", " v", " b", " k", " O1", " I", " T0", " MI", "quit\r\n", "version\r\n", "verbosity 1\r\n",
        "stats\r\n", "flush_all 0 noreply\r\n", "cas a 0 0 1 7\r\n", "watch\r\n", "shutdown\r\n", "lru_crawler crawl all\r\n", "\x80", "\x80\x00\x00\x01", "incr a 1 noreply\r\n",
    ];

    [Fact]
    public void Redis() => Fuzzer.Run(output, RedisInputs(), RedisWords, static (input, random) =>
    {
        var settings = new ProtocolSettings
        {
            RequestBytesMax = random.Next(4) == 0 ? random.Next(64, 600) : 16 << 20,
            ClientPassword = random.Next(8) == 0 ? "x" : "",
            OwnKey = random.Next(4) == 0 ? "owner"u8.ToArray() : default,
            SendsScripts = random.Next(2) == 0,
            MarksReads = random.Next(2) == 0,
            Servers = new("redis", "7.2.0", ProtocolMax: random.Next(2, 4)),
        };
        var run = Alike(static () => new RedisProtocol(), settings, input, random);
        foreach (var (bytes, replies) in run.Sent)
        {
            // Arrays alone: no server reads a line of words, or less or more than is waited for.
            Assert.Equal(replies, Arrays(bytes));
        }

        foreach (byte[] answer in run.Answers)
            Assert.Equal("NeedMore", FramedReplies.Read([answer], out _).End);
        Assert.All(run.Answers, static answer => Assert.True(answer.AsSpan().EndsWith("\r\n"u8)));
        return string.Join('|', run.Kinds.Take(6));
    });

    [Fact]
    public void Memcached() => Fuzzer.Run(output, MemcachedSamples.Requests.Select(Encoding.Latin1.GetBytes), MemcachedWords, static (input, random) =>
    {
        var settings = new ProtocolSettings { RequestBytesMax = random.Next(4) == 0 ? random.Next(16, 600) : 1 << 20, AllowsCas = random.Next(2) == 0 };
        var run = Alike(static () => new MemcachedProtocol(), settings, input, random);
        foreach (var (bytes, replies) in run.Sent)
        {
            // Read once more it is what it was: one request, with as many replies.
            var again = RequestRun.Of(new MemcachedProtocol(), settings with { RequestBytesMax = 1 << 20 }, [bytes]);
            Assert.Equal(replies, Assert.Single(again.Sent).Replies);
            Assert.Equal(bytes, again.Sent[0].Bytes);
        }

        Assert.All(run.Answers, static answer => Assert.True(answer.AsSpan().EndsWith("\r\n"u8)));
        return string.Join('|', run.Kinds.Take(6));
    });

    [Theory]
    [InlineData(LineFraming.Lf)]
    [InlineData(LineFraming.Octet)]
    public void Lines(LineFraming framing) => Fuzzer.Run(output, LineInputs(), LineWords, (input, random) =>
    {
        var settings = new ProtocolSettings { RequestBytesMax = random.Next(4) == 0 ? random.Next(16, 600) : 1 << 20, LineFraming = framing, RepliesPerLine = random.Next(2) };
        var run = Alike(() => new LineProtocol(framing), settings, input, random);

        // Whatever came is what goes: nothing is put between, and nothing falls out.
        byte[] sent = [.. run.Sent.SelectMany(static one => one.Bytes)];
        Assert.True(input.AsSpan().StartsWith(sent));
        Assert.All(run.Sent, one => Assert.Equal(settings.RepliesPerLine, one.Replies));
        return string.Join('|', run.Kinds.Take(4));
    });

    private static IEnumerable<byte[]> RedisInputs()
    {
        var random = new Random(1);
        yield return "*0\r\n"u8.ToArray();
        foreach (string line in RedisWords.Where(static word => word.EndsWith("\r\n", StringComparison.Ordinal) && word.Length > 6)) yield return Encoding.Latin1.GetBytes(line);
        for (int i = 0; i < 40; i++) yield return RandomRequests.Pipeline(random);
        yield return Encoding.Latin1.GetBytes(ReaderDriver.Encode("SET", "a", "b") + "MULTI\r\n" + ReaderDriver.Encode("INCR", "a") + ReaderDriver.Encode("EVAL", "return 1", "0") + "EXEC\r\n");
        yield return Encoding.Latin1.GetBytes(ReaderDriver.Encode("SCRIPT", "LOAD", "return 1") + ReaderDriver.Encode("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"));
        yield return Encoding.Latin1.GetBytes("HELLO 3\r\nSELECT 2\r\nset k \"a\\x00b\"\r\nSCAN 0\r\nCLIENT REPLY SKIP\r\nGET k\r\n");
    }

    private static IEnumerable<byte[]> LineInputs()
    {
        yield return "one\ntwo\r\n\nthree"u8.ToArray();
        yield return "3 one5 two\r\n0 7 <34>1 x"u8.ToArray();
        yield return Encoding.ASCII.GetBytes(new string('x', 700) + "\n" + $"700 {new string('x', 700)}");
    }

    private static RequestRun Alike(Func<IProtocol> protocol, ProtocolSettings settings, byte[] input, Random random)
    {
        var whole = RequestRun.Of(protocol(), settings, [input]);
        var cut = RequestRun.Of(protocol(), settings, Pieces.Cut(random, input));
        Assert.Equal(whole.Said, cut.Said);
        return whole;
    }

    /// <summary>How many arrays of bulk strings these bytes are, as redis reads them: what stands behind a CR is passed over, whatever it is. -1: none.</summary>
    private static int Arrays(ReadOnlySpan<byte> bytes)
    {
        int count = 0;
        for (; !bytes.IsEmpty; count++)
        {
            if (!TryCount(ref bytes, (byte)'*', out int elements) || elements == 0) return -1;
            for (; elements > 0; elements--)
            {
                if (!TryCount(ref bytes, (byte)'$', out int length) || bytes.Length < length + 2) return -1;
                bytes = bytes[(length + 2)..];
            }
        }

        return count;
    }

    private static bool TryCount(ref ReadOnlySpan<byte> bytes, byte kind, out int count)
    {
        count = 0;
        int end = bytes.IndexOf((byte)'\r');
        if (end < 2 || end + 2 > bytes.Length || bytes[0] != kind || !int.TryParse(bytes[1..end], System.Globalization.NumberStyles.AllowLeadingSign, null, out count) || count < 0) return false;
        bytes = bytes[(end + 2)..];
        return true;
    }
}
