using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.Protocols.Memcached;
using Dynode.Protocols.Redis;
using Dynode.UnitTests.Protocols.Line;
using Dynode.UnitTests.Protocols.Redis;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>Servers that answer anything: each reply ends where it ends however it is cut, and whatever is asked of it is answered.</summary>
[Trait("Kind", "fuzz")]
public sealed class ReplyFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] RespWords =
    [
        "+OK\r\n", "-ERR x\r\n", "-LOADING x\r\n", "-BUSY x\r\n", "-OOM x\r\n", "-READONLY x\r\n", "-MISCONF x\r\n", "-NOAUTH x\r\n", "-MOVED 1 a:1\r\n", "-EXECABORT x\r\n", "-ERR Error running script (call to f_): @user_script: 1: -OOM x\r\n",
        ":1\r\n", ":-0\r\n", "$-1\r\n", "$0\r\n\r\n", "$3\r\nabc\r\n", "*-1\r\n", "*0\r\n", "*2\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", ",inf\r\n", ",nan\r\n", "(123456789012345678901234567890\r\n", "!3\r\nERR\r\n", "=7\r\ntxt:abc\r\n",
        "%1\r\n", "~2\r\n", ">2\r\n$7\r\nmessage\r\n", "|1\r\n+a\r\n+b\r\n", "\r\n", "\n", "\0", "$?\r\n;3\r\nabc\r\n;0\r\n", "*?\r\n.\r\n", "*2\r\n$2\r\n17\r\n*0\r\n",
    ];

    private static readonly string[] MemcachedWords =
        ["STORED\r\n", "VALUE a 0 3\r\nabc\r\n", "END\r\n", "HD\r\n", "VA 3 k\r\nabc\r\n", "EN\r\n", "NF\r\n", "MN\r\n", "ERROR\r\n", "SERVER_ERROR out of memory\r\n", "CLIENT_ERROR x\r\n", "STAT a b\r\n", "VERSION 1\r\n", "1\r\n", "\r\n", "\n", " ", "\0", "OK\r\n"];

    [Fact]
    public void Redis() => Fuzzer.Run(output, RespInputs(), RespWords, static (input, random) => Judge(static () => new RedisProtocol(), input, random));

    [Fact]
    public void Memcached() => Fuzzer.Run(output, MemcachedWords.Where(static word => word.Length > 2).Select(Encoding.Latin1.GetBytes), MemcachedWords, static (input, random) => Judge(static () => new MemcachedProtocol(), input, random));

    [Theory]
    [InlineData(LineFraming.Lf)]
    [InlineData(LineFraming.Octet)]
    public void Lines(LineFraming framing) => Fuzzer.Run(
        output, [.. "one\ntwo\r\n\n"u8.ToArray().Chunk(4), "3 one5 two\r\n0 "u8.ToArray()], ["\n", "\r\n", "\0", "3 abc", "0 ", "99999999999 "], (input, random) => Judge(() => new LineProtocol(framing), input, random));

    private static string Judge(Func<IProtocol> protocol, byte[] input, Random random)
    {
        var said = ReaderRun.Replies(protocol(), [input]);
        Assert.Equal(said, ReaderRun.Replies(protocol(), Pieces.Cut(random, input).Where(static piece => !piece.IsEmpty)));
        return string.Join('|', said.Take(6).Select(text => Ask(protocol(), Encoding.Latin1.GetBytes(text))));
    }

    // Also of what is no whole reply, for some are asked about by their first bytes.
    private static string Ask(IProtocol protocol, byte[] reply)
    {
        ReadOnlySpan<byte> head = reply.AsSpan(0, Math.Min(reply.Length, IProtocol.ReplyHeadBytesMax));
        var kind = protocol.Classify(head);
        RequestRun.IsPlain(protocol.NamePush(head));
        _ = protocol.CauseOf(head);
        var form = protocol.FormOf(head);
        foreach (byte hide in (byte[])[1, 2, 3])
            _ = protocol.Hides(hide, reply.AsSpan(0, Math.Min(reply.Length, 64)));
        foreach (var replyClass in Enum.GetValues<ReplyClass>().Where(static one => one != ReplyClass.Own))
            Assert.Equal(protocol.Hash(reply, replyClass), protocol.Hash(reply, replyClass));
        var marked = new ArrayBufferWriter<byte>();
        bool marks = protocol.TryMarkCursor(reply, 5, marked);
        Assert.Equal(marks, marked.WrittenCount > 0);
        return $"{kind} {form} {marks} {(reply.Length > 0 ? reply[0] : 0)}";
    }

    private static IEnumerable<byte[]> RespInputs()
    {
        var random = new Random(1);
        foreach (string word in RespWords.Where(static word => word.Length > 2)) yield return Encoding.Latin1.GetBytes(word);
        for (int i = 0; i < 60; i++) yield return RandomReplies.Pipeline(random);
    }
}
