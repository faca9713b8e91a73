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
        { "_\r\n", 0, true },
        { "%1\r\n+a\r\n+b\r\n", 0, true },
        { "#t\r\n", 0, true },
        { "\r\n", 0, true },
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
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_bulk_has_at_most_so_many_bytes(int beyond, bool isTaken)
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"${RespReplyFramer.BulkBytesMax + beyond}\r\n");
        FramedReplies.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
        Assert.Equal(isTaken, FramedReplies.Read([bytes], out _).End == nameof(FrameStatus.NeedMore));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_status_or_an_error_is_at_most_so_long(int beyond, bool isTaken)
    {
        var chunk = new byte[1 << 20];
        Array.Fill(chunk, (byte)'x');
        var reader = new RespReplyReader();
        Assert.Equal(FrameStatus.NeedMore, reader.Advance("-"u8, out _));
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
