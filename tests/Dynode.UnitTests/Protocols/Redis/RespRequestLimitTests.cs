using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespRequestLimitTests
{
    private const long Plenty = 1L << 40;

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_request_has_at_most_so_many_arguments(int beyond, bool isTaken)
    {
        var framer = default(RespRequestFramer);
        var status = framer.Advance(Encoding.ASCII.GetBytes($"*{RespRequestFramer.ArgumentsMax + beyond}\r\n"), Plenty, out _);
        Assert.Equal(isTaken ? FrameStatus.NeedMore : FrameStatus.Malformed, status);
        Assert.Equal(isTaken ? RespFault.None : RespFault.TooManyArguments, framer.Fault);
    }

    [Fact]
    public void A_request_of_as_many_arguments_as_there_may_be_is_read_to_its_end()
    {
        var bytes = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(bytes, RespRequestFramer.ArgumentsMax);
        for (int i = 0; i < RespRequestFramer.ArgumentsMax; i++) RespWriter.WriteBulk(bytes, []);
        var framer = default(RespRequestFramer);
        Assert.Equal(FrameStatus.Complete, framer.Advance(bytes.WrittenSpan, Plenty, out int consumed));
        Assert.Equal(bytes.WrittenCount, consumed);
    }

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$6\r\nabcdef\r\n", 6)]
    [InlineData("*1\r\n$4\r\nPING\r\n", 4)]
    [InlineData("*1\r\n$0\r\n\r\n", 0)]
    public void A_request_is_at_most_so_long_in_bytes_and_a_longer_one_is_known_by_its_length(string request, int last)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(request);
        foreach (int max in (int[])[bytes.Length + 1, bytes.Length])
        {
            var framer = default(RespRequestFramer);
            Assert.Equal(FrameStatus.Complete, framer.Advance(bytes, max, out _));
        }

        var refused = default(RespRequestFramer);
        Assert.Equal(FrameStatus.Malformed, refused.Advance(bytes, bytes.Length - 1, out int consumed));

        // Before any of the last argument has come; where that is the least that there can be, with the count.
        Assert.Equal(last > 0 ? bytes.Length - last - 2 : 4, consumed);
        Assert.Equal(last > 0 ? RespFault.TooLongByBulk : RespFault.TooLongByCount, refused.Fault);
    }

    [Fact]
    public void So_many_arguments_that_the_request_would_be_too_long_are_refused_with_their_count()
    {
        var framer = default(RespRequestFramer);
        Assert.Equal(FrameStatus.NeedMore, framer.Advance("*1000\r\n"u8, 7 + 6000, out _));
        framer = default;
        Assert.Equal(FrameStatus.Malformed, framer.Advance("*1000\r\n"u8, 7 + 5999, out _));
        Assert.Equal(RespFault.TooLongByCount, framer.Fault);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 10)]
    public void The_longest_length_that_a_number_can_say_overflows_nothing(long length)
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"*1\r\n${length}\r\n");
        var framer = default(RespRequestFramer);
        Assert.Equal(FrameStatus.Malformed, framer.Advance(bytes, long.MaxValue, out _));
        Assert.Equal(RespFault.TooLongByBulk, framer.Fault);
        framer = default;
        bytes = Encoding.ASCII.GetBytes($"*1\r\n${long.MaxValue - 100}\r\n");
        Assert.Equal(FrameStatus.NeedMore, framer.Advance(bytes, long.MaxValue, out _));
        Assert.Equal(new RespArgument(bytes.Length, int.MaxValue), framer.Argument(0));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_line_of_words_is_at_most_so_long(int beyond, bool isTaken)
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('x', RespRequestFramer.InlineBytesMax + beyond - 2) + "\r\n");
        Assert.Equal(isTaken ? 1 : 0, FramedRequests.Read([line], out _).Frames.Count);
        FramedRequests.AgreeWithOracle(line, [[line.AsMemory(0, 100), line.AsMemory(100)], [line.AsMemory(0, line.Length - 1), line.AsMemory(line.Length - 1)]]);

        // It need not end for that to be known.
        FramedRequests.AgreeWithOracle(line[..^1], []);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_line_of_words_is_no_longer_than_any_request(int beyond, bool isTaken)
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('x', 100 + beyond - 1) + "\n");
        Assert.Equal(isTaken ? 1 : 0, FramedRequests.Read([line], out _, 100).Frames.Count);
    }

    [Theory]
    [InlineData("*", "-ERR Protocol error: invalid multibulk length", "-ERR Protocol error: too big mbulk count string")]
    [InlineData("*1\r\n$", "-ERR Protocol error: invalid bulk length", "-ERR Protocol error: too big bulk count string")]
    public void A_line_with_a_number_is_at_most_so_long(string before, string atMost, string beyond)
    {
        for (int length = RespRequestFramer.HeaderLineBytesMax - 1; length <= RespRequestFramer.HeaderLineBytesMax + 1; length++)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(before + new string('1', length - 3) + "\r\n");
            Assert.Equal(length <= RespRequestFramer.HeaderLineBytesMax ? atMost : beyond, FramedRequests.Read([bytes], out _).End);
            FramedRequests.AgreeWithOracle(bytes, TestKit.SplitEverywhere.Of(bytes));
        }
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void An_argument_is_known_where_it_begins_within_the_head(int beyond, bool isKnown)
    {
        int offset = IRequestReader.HeadBytesMax + beyond;
        var bytes = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(bytes, 2);

        // Before the second argument: "*2", its own "$1", and "$32747" of the first, each with CRLF, and the first one's CRLF.
        RespWriter.WriteBulk(bytes, new byte[offset - 4 - 8 - 2 - 4]);
        RespWriter.WriteBulk(bytes, "v"u8);
        var framer = default(RespRequestFramer);
        Assert.Equal(FrameStatus.Complete, framer.Advance(bytes.WrittenSpan, Plenty, out _));
        Assert.Equal(12, framer.Argument(0).Offset);
        Assert.Equal(isKnown ? new RespArgument(offset, 1) : RespArgument.Absent, framer.Argument(1));
    }
}
