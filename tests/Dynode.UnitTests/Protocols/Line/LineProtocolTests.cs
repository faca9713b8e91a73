using System.Buffers;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.TestKit;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Line;

public sealed class LineProtocolTests
{
    private static readonly LineProtocol Protocol = new(LineFraming.Lf);
    private static readonly ProtocolSettings Settings = new() { RepliesPerLine = 1 };

    [Theory]
    [InlineData("one\n")]
    [InlineData("one\r\n")]
    [InlineData("\n")]
    [InlineData("\r\n\n\r\n")]
    [InlineData("one\ntwo\r\n\n\rthree")]
    [InlineData("a\0b\u00ff\n\r\r\n")]
    public void Requests_and_replies_are_lines_however_they_come(string stream)
    {
        foreach (var pieces in SplitEverywhere.Of(Bytes(stream)))
        {
            Assert.Equal(OfRequests(stream), Requests(Protocol, Settings, pieces));
            Assert.Equal(Lines(stream), Replies(Protocol, pieces));
        }
    }

    [Fact]
    public void Random_lines_cut_at_random_come_out_as_they_went_in() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 2_000; round++)
            {
                string stream = new([.. Enumerable.Range(0, random.Next(300)).Select(_ => "\n\r ab\0"[random.Next(6)])]);
                Assert.Equal(OfRequests(stream), Requests(Protocol, Settings, Cut(Bytes(stream), random)));
                Assert.Equal(Lines(stream), Replies(Protocol, Cut(Bytes(stream), random)));
            }
        });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_line_has_as_many_replies_as_the_configuration_says(int replies) =>
        Assert.Equal([Forward("a\n", replies, ReplyClass.Compared, 0)], Requests(Protocol, new() { RepliesPerLine = replies }, [Bytes("a\n")]));

    [Fact]
    public void A_line_up_to_the_limit_is_taken_and_one_beyond_it_is_answered_with_an_error()
    {
        var settings = Settings with { RequestBytesMax = 10 };
        Assert.Equal([Forward("12345678\n", 1, ReplyClass.Compared, 0)], Requests(Protocol, settings, [Bytes("12345678\n")]));
        Assert.Equal([Forward("123456789\n", 1, ReplyClass.Compared, 0)], Requests(Protocol, settings, [Bytes("123456789\n")]));
        foreach (var pieces in SplitEverywhere.Of(Bytes("1234567890\n")))
            Assert.Equal([Malformed("ERROR line too long: longer than max_request_bytes=10\r\n", 10)], Requests(Protocol, settings, pieces));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_reply_is_at_most_a_mebibyte(int beyond, bool taken)
    {
        byte[] reply = new byte[LineReplyReader.ReplyBytesMax + beyond];
        reply[^1] = (byte)'\n';
        var status = Protocol.NewReplyReader().Advance(reply, out int consumed);
        Assert.Equal(taken ? FrameStatus.Complete : FrameStatus.Malformed, status);
        Assert.Equal(taken ? reply.Length : LineReplyReader.ReplyBytesMax, consumed);
    }

    [Fact]
    public void Lines_know_no_errors_no_databases_and_no_preamble()
    {
        Assert.Equal(ReplyKind.Normal, Protocol.Classify("ERROR x\r\n"u8));
        Assert.Empty(Protocol.Preamble(Settings));
        var output = new ArrayBufferWriter<byte>();
        Protocol.WriteSelect(output, 1);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void An_error_of_the_broadcaster_is_a_line()
    {
        var output = new ArrayBufferWriter<byte>();
        Protocol.WriteError(output, "no server");
        Assert.Equal("ERROR no server\r\n", Text(output.WrittenSpan));
    }

    [Fact]
    public void Equal_replies_have_equal_hashes_and_others_have_others()
    {
        Assert.Equal(Protocol.Hash("a\r\n"u8, ReplyClass.Compared), Protocol.Hash("a\r\n"u8, ReplyClass.Compared));
        Assert.NotEqual(Protocol.Hash("a\r\n"u8, ReplyClass.Compared), Protocol.Hash("a\n"u8, ReplyClass.Compared));
    }

    [Theory]
    [InlineData("push  the button\r\n", "push", "the")]
    [InlineData("push\n", "push", "")]
    [InlineData("\n", "", "")]
    [InlineData("a\tb \u00e9\u0007", "a?b", "??")]
    public void A_line_is_named_by_its_first_two_words(string line, string command, string key) =>
        Assert.Equal(new RequestName(command, key), Protocol.Describe(Bytes(line)));

    [Fact]
    public void A_long_word_is_cut_in_names() =>
        Assert.Equal(new RequestName(new string('x', 80) + "…", ""), Protocol.Describe(Bytes(new string('x', 81))));

    [Fact]
    public void A_warm_reader_allocates_nothing()
    {
        var reader = Protocol.NewRequestReader(1);
        var replies = Protocol.NewReplyReader();
        var scratch = new RequestScratch();
        byte[] line = Bytes("a line\r\n");
        Assert.Equal(0, Allocations.Least(() =>
        {
            reader.Advance(line, Settings, out _);
            reader.Judge(line, scratch, Settings);
            replies.Advance(line, out _);
        }));
    }

    /// <summary>The oracle: what stands up to each LF, and the rest.</summary>
    private static List<string> Lines(string stream)
    {
        var lines = stream.Split('\n').Select(line => line + "\n").ToList();
        string rest = lines[^1][..^1];
        lines.RemoveAt(lines.Count - 1);
        if (rest.Length > 0) lines.Add(Open(rest.Length));
        return lines;
    }

    private static List<string> OfRequests(string stream) =>
        [.. Lines(stream).Select(line => line.EndsWith('\n') ? Forward(line, 1, ReplyClass.Compared, 0) : line)];
}
