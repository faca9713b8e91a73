using System.Globalization;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.TestKit;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Line;

/// <summary>Octet counting where lines are meant: told apart only where the two readings contradict each other.</summary>
public sealed class CountedLineTests
{
    private const string Fault = "ERROR a line begins with its length (octet counting), and does not end there; frames need line_framing=octet\r\n";

    private static readonly LineProtocol Protocol = new(LineFraming.Lf);
    private static readonly ProtocolSettings Settings = new();

    [Theory]
    [InlineData("10 <14>1 text\n")]
    [InlineData("11 <14>1 text\n")]
    [InlineData("10 <14>1 text\r\n")]
    [InlineData("11 <14>1 text\r\n")]
    [InlineData("12 <14>1 text\r\n")]
    [InlineData("11 <0>1 a text\n")]
    [InlineData("12 <191>1 text\n")]
    public void A_frame_that_is_a_line_is_a_line(string line)
    {
        foreach (var pieces in SplitEverywhere.Of(Bytes("before\n" + line + line)))
            Assert.Equal([Line("before\n"), Line(line), Line(line)], Requests(Protocol, Settings, pieces));
    }

    [Theory]
    [InlineData("12 <14>1 a trace\n  at x\n")]
    [InlineData("16 <14>1 a trace\n  at x\n")]
    [InlineData("1 <14>1 text\n")]
    [InlineData("1 <191>1 text\n")]
    [InlineData("9 <14>1 text\n")]
    [InlineData("9 <14>1 text\r\n")]
    [InlineData("13 <14>1 text\r\n")]
    [InlineData("9 <14>1 text9 <14>1 text\n")]
    [InlineData("9 <14>1 text9 <14>1 text9 <14>1 text")]
    [InlineData("999999999 <14>1 text\n")]
    public void A_frame_that_is_no_line_is_a_fault_and_nothing_of_it_reaches_a_server(string stream)
    {
        int known = -1;
        foreach (var pieces in SplitEverywhere.Of(Bytes("before\n" + stream)))
        {
            var said = Requests(Protocol, Settings, pieces);
            Assert.Equal(2, said.Count);
            Assert.Equal(Line("before\n"), said[0]);

            // However it is cut it is known by the same byte.
            known = known < 0 ? int.Parse(said[1]["malformed after ".Length..said[1].IndexOf(':', StringComparison.Ordinal)], CultureInfo.InvariantCulture) : known;
            Assert.Equal(Malformed(Fault, known), said[1]);
        }
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void A_line_may_end_with_its_frame_or_with_the_line_end_behind_it(int beyond, bool isFault)
    {
        string text = "<14>1 some text of a line";
        int length = text.Length + 1 - beyond;
        string stream = string.Create(CultureInfo.InvariantCulture, $"{length} {text}\n");
        string said = Assert.Single(Requests(Protocol, Settings, [Bytes(stream)]));
        Assert.Equal(isFault, said.StartsWith("malformed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1\n")]
    [InlineData("12 apples\n")]
    [InlineData("12 <\n")]
    [InlineData("12 <>\n")]
    [InlineData("12 <14\n")]
    [InlineData("12 <1x>1\n")]
    [InlineData("12 <192>1\n")]
    [InlineData("12 <0014>1\n")]
    [InlineData("12  <14>1\n")]
    [InlineData("12<14>1\n")]
    [InlineData("012 <14>1\n")]
    [InlineData("1234567890 <14>1\n")]
    [InlineData("<14>1 a line\n")]
    [InlineData("12 <14>\n", "12 <14>")]
    public void Any_other_line_is_a_line_whatever_it_says(string line, string? isFrame = null)
    {
        foreach (var pieces in SplitEverywhere.Of(Bytes(line)))
        {
            string said = Assert.Single(Requests(Protocol, Settings, pieces));
            if (isFrame is null) Assert.Equal(Line(line), said);
            else Assert.StartsWith("malformed", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_left_without_LF_is_named_and_so_is_what_looks_like_octet_counting()
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal(FrameStatus.NeedMore, reader.Advance("page.views:1|c"u8, Settings, out _));
        Assert.Equal("half a line, 14 bytes without LF", reader.Part);
        reader = Protocol.NewRequestReader(1);
        Assert.Equal(FrameStatus.NeedMore, reader.Advance("57 <14>1 half"u8, Settings, out _));
        Assert.Equal("half a line, 13 bytes without LF (it begins with its length, see line_framing)", reader.Part);
    }

    private static string Line(string line) => Forward(line, 0, ReplyClass.Compared, 0);
}
