using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespReplyReaderTests
{
    /// <summary>Streams, how many replies they hold, and whether they break after them.</summary>
    public static TheoryData<string, int, bool> Samples => new()
    {
        { "", 0, false },
        { "+OK\r\n", 1, false },
        { "+\r\n", 1, false },
        { "-ERR no\r\n:1\r\n", 2, false },
        { ":0\r\n:-1\r\n:-9223372036854775808\r\n:9223372036854775807\r\n", 4, false },
        { "$0\r\n\r\n$-1\r\n$5\r\na\r\nbc\r\n", 3, false },
        { "*0\r\n*-1\r\n*1\r\n*-1\r\n", 3, false },
        { "*2\r\n$3\r\nfoo\r\n*2\r\n:1\r\n*1\r\n+OK\r\n$-1\r\n", 2, false },
        { "*3\r\n*0\r\n*0\r\n*0\r\n+OK\r\n", 2, false },
        { "*2\r\n+OK\r\n", 0, false },
        { "+a\rb\nc\n\r\r\n+OK\r\n", 2, false },
        { "+OK\n", 0, false },
        { "+OK\r", 0, false },
        { "+OK\r\nOK\r\n", 1, true },
        { "$2\r\nabc\r\n", 0, true },
        { "$2\r\nab\rx", 0, true },
        { "$2\r\nabxx", 0, true },
        { "$-2\r\n", 0, true },
        { "*-2\r\n", 0, true },
        { ":1\rx", 0, true },
        { ":1x\r\n", 0, true },
        { ":\r\n", 0, true },
        { "$\r\n", 0, true },
        { "$01\r\na\r\n", 0, true },
        { "*+1\r\n", 0, true },
        { "$1\n", 0, false },
        { "\r\n", 0, true },

        // RESP3.
        { "_\r\n#t\r\n#f\r\n", 3, false },
        { "_x\r\n", 0, true },
        { "_\rx", 0, true },
        { "#x\r\n", 0, true },
        { "#\r\n", 0, true },
        { "#tt\r\n", 0, true },
        { ",1.5\r\n,inf\r\n,nan\r\n,\r\n", 4, false },
        { "(1\r\n(-349289032840923850932485094385094382502\r\n", 2, false },
        { "!5\r\nERR a\r\n!0\r\n\r\n", 2, false },
        { "!-1\r\n", 0, true },
        { "=6\r\ntxt:\r\n\r\n=0\r\n\r\n", 2, false },
        { "=-1\r\n", 0, true },
        { "~0\r\n~2\r\n+a\r\n_\r\n", 2, false },
        { "~-1\r\n", 0, true },
        { "%0\r\n%1\r\n+a\r\n+b\r\n", 2, false },
        { "%1\r\n+a\r\n", 0, false },
        { "%2\r\n+a\r\n%1\r\n:1\r\n:2\r\n+b\r\n~1\r\n+c\r\n+OK\r\n", 2, false },
        { "%-1\r\n", 0, true },
        { "|0\r\n+OK\r\n", 1, false },
        { "|1\r\n+a\r\n+b\r\n", 0, false },
        { "|1\r\n+a\r\n+b\r\n+OK\r\n+OK\r\n", 2, false },
        { "|1\r\n+a\r\n|1\r\n+b\r\n+c\r\n+d\r\n|0\r\n+OK\r\n", 1, false },
        { "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n|1\r\n+a\r\n+b\r\n", 0, false },
        { "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n+OK\r\n", 2, false },
        { "*1\r\n~1\r\n%1\r\n|0\r\n+a\r\n|0\r\n", 0, false },
        { "|-1\r\n", 0, true },
        { ">2\r\n+invalidate\r\n*1\r\n+a\r\n+OK\r\n", 2, false },
        { ">0\r\n", 1, false },
        { ">-1\r\n", 0, true },
        { "*1\r\n>1\r\n+a\r\n", 0, true },
        { "|0\r\n>1\r\n+a\r\n", 0, true },
        { ">1\r\n>1\r\n", 0, true },

        // Streamed types.
        { "$?\r\n;4\r\nabcd\r\n;0\r\n", 0, true },
        { "*?\r\n:1\r\n.\r\n", 0, true },
        { "%?\r\n", 0, true },
        { "~?\r\n", 0, true },
        { ">?\r\n", 0, true },
        { ";4\r\n", 0, true },
        { ".\r\n", 0, true },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_reply_is_found_however_the_stream_is_cut(string stream, int replies, bool breaks)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        var trace = FramedReplies.Read([bytes], out _);
        Assert.Equal((replies, breaks), (trace.Frames.Count, trace.End == nameof(FrameStatus.Malformed)));
        FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
    }

    [Fact]
    public void Random_pipelines_cut_at_random_are_read_as_the_oracle_reads_them() => Seed.Run(random =>
    {
        for (int i = 0; i < 2_000; i++)
        {
            byte[] bytes = RandomReplies.Pipeline(random);
            Assert.Equal(nameof(FrameStatus.NeedMore), ReplyOracle.Read(bytes).End);
            FramedReplies.AgreeWithOracle(bytes, [Pieces.Cut(random, bytes), Pieces.Cut(random, bytes)]);
        }
    });

    [Fact]
    public void Damaged_pipelines_are_read_as_the_oracle_reads_them_however_they_are_cut() => Seed.Run(random =>
    {
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = Pieces.Damage(random, RandomReplies.Pipeline(random));
            FramedReplies.AgreeWithOracle(bytes, [Pieces.Cut(random, bytes), Pieces.Cut(random, bytes)]);
        }
    });

    [Fact]
    public void Arrays_may_be_nested_as_deep_as_a_script_nests_them()
    {
        const int Depth = 100_000;
        byte[] bytes = [.. Enumerable.Repeat("*1\r\n"u8.ToArray(), Depth).SelectMany(b => b), .. ":1\r\n+OK\r\n"u8];
        Assert.Equal(new Trace([$"{(Depth * 4) + 4}", "5"], nameof(FrameStatus.NeedMore)), FramedReplies.Read([bytes], out _));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void So_many_elements_may_be_still_to_come(int beyond, bool isTaken)
    {
        byte[] alone = Encoding.ASCII.GetBytes($"*{RespReplyFramer.ElementsMax + beyond}\r\n");
        byte[] nested = Encoding.ASCII.GetBytes($"*2\r\n+OK\r\n*2\r\n*{RespReplyFramer.ElementsMax + beyond - 1}\r\n");
        FramedReplies.AgreeWithOracle(alone, SplitEverywhere.Of(alone));
        FramedReplies.AgreeWithOracle(nested, SplitEverywhere.Of(nested));
        Assert.Equal(isTaken, FramedReplies.Read([alone], out _).End == nameof(FrameStatus.NeedMore));
        Assert.Equal(isTaken, FramedReplies.Read([nested], out _).End == nameof(FrameStatus.NeedMore));
    }

    [Theory]
    [InlineData('~', 0, -1, true)]
    [InlineData('~', 0, 0, true)]
    [InlineData('~', 0, 1, false)]
    [InlineData('>', 0, 0, true)]
    [InlineData('>', 0, 1, false)]
    [InlineData('%', 0, -1, true)]
    [InlineData('%', 0, 0, true)]
    [InlineData('%', 0, 1, false)]
    [InlineData('|', 1, -1, true)]
    [InlineData('|', 1, 0, true)]
    [InlineData('|', 1, 1, false)]
    public void So_many_elements_of_each_type_may_be_still_to_come(char marker, int itself, int beyond, bool isTaken)
    {
        int each = marker is '%' or '|' ? 2 : 1;
        byte[] bytes = Encoding.ASCII.GetBytes($"{marker}{((RespReplyFramer.ElementsMax - itself) / each) + beyond}\r\n");
        FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
        Assert.Equal(isTaken, FramedReplies.Read([bytes], out _).End == nameof(FrameStatus.NeedMore));
    }

    [Theory]
    [InlineData('%')]
    [InlineData('|')]
    [InlineData('~')]
    [InlineData('*')]
    public void A_count_that_would_overflow_is_a_fault(char marker)
    {
        foreach (string count in (string[])[$"{long.MaxValue}", $"{(long.MaxValue / 2) + 1}", "18446744073709551617", "99999999999999999999999"])
        {
            byte[] bytes = Encoding.ASCII.GetBytes($"{marker}{count}\r\n");
            FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
            Assert.Equal(nameof(FrameStatus.Malformed), FramedReplies.Read([bytes], out _).End);
        }
    }

    [Fact]
    public void Attributes_may_follow_each_other_without_end_and_their_reply_is_still_to_come()
    {
        byte[] attributes = [.. Enumerable.Repeat("|1\r\n:1\r\n:2\r\n"u8.ToArray(), 100_000).SelectMany(b => b)];
        Assert.Equal(new Trace([], nameof(FrameStatus.NeedMore)), FramedReplies.Read([attributes], out _));
        Assert.Equal(new Trace([$"{attributes.Length + 5}"], nameof(FrameStatus.NeedMore)), FramedReplies.Read([attributes, "+OK\r\n"u8.ToArray()], out _));
        byte[] nested = [.. Enumerable.Repeat("|1\r\n"u8.ToArray(), 100_000).SelectMany(b => b)];
        Assert.Equal(new Trace([], nameof(FrameStatus.NeedMore)), FramedReplies.Read([nested], out _));
    }

    [Theory]
    [InlineData('$', -1, true)]
    [InlineData('$', 0, true)]
    [InlineData('$', 1, false)]
    [InlineData('!', 0, true)]
    [InlineData('!', 1, false)]
    [InlineData('=', 0, true)]
    [InlineData('=', 1, false)]
    public void A_bulk_has_at_most_so_many_bytes(char marker, int beyond, bool isTaken)
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"{marker}{RespReplyFramer.BulkBytesMax + beyond}\r\n");
        FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
        Assert.Equal(isTaken, FramedReplies.Read([bytes], out _).End == nameof(FrameStatus.NeedMore));
    }

    [Theory]
    [InlineData('-', -1, true)]
    [InlineData('-', 0, true)]
    [InlineData('-', 1, false)]
    [InlineData('(', 0, true)]
    [InlineData('(', 1, false)]
    public void A_line_of_text_is_at_most_so_long(char marker, int beyond, bool isTaken)
    {
        var chunk = new byte[1 << 20];
        Array.Fill(chunk, (byte)'x');
        var reader = new RespReplyReader();
        Assert.Equal(FrameStatus.NeedMore, reader.Advance([(byte)marker], out _));
        for (long left = RespReplyFramer.TextLineBytesMax + beyond - 3; left > 0; left -= Math.Min(left, chunk.Length))
            Assert.Equal(FrameStatus.NeedMore, reader.Advance(chunk.AsSpan(0, (int)Math.Min(left, chunk.Length)), out _));
        Assert.Equal(isTaken ? FrameStatus.Complete : FrameStatus.Malformed, reader.Advance("\r\n"u8, out int consumed));
        Assert.Equal(isTaken ? 2 : 1, consumed);
    }

    [Fact]
    public void A_line_with_a_number_that_has_no_end_is_seen_as_such()
    {
        for (int length = RespReplyFramer.NumberLineBytesMax - 1; length <= RespReplyFramer.NumberLineBytesMax + 1; length++)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(":" + new string('1', length - 3) + "\r\n");
            FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
            FramedReplies.Read([bytes], out long faultAt);

            // At its end, or by the byte that leaves no room for one.
            Assert.Equal(length <= RespReplyFramer.NumberLineBytesMax ? length : RespReplyFramer.NumberLineBytesMax - 1, faultAt);
        }
    }
}
