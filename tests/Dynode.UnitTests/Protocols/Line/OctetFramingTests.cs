using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.TestKit;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Line;

/// <summary>Frames with their length before them: RFC 6587, 3.4.1.</summary>
public sealed partial class OctetFramingTests
{
    private const string Syslog = "<14>1 2026-01-01T00:00:00Z host app 1 - - text";

    private static readonly LineProtocol Protocol = new(LineFraming.Octet);
    private static readonly ProtocolSettings Settings = new() { RepliesPerLine = 1, RequestBytesMax = 1 << 20 };

    [Theory]
    [InlineData("1 a")]
    [InlineData("3 a\nb2 \r\n")]
    [InlineData("10 0123456789")]
    [InlineData("9 5 1 a2 bc1  ")]
    [InlineData("3 \0\u00ff\n12 half of one")]
    [InlineData("12")]
    [InlineData("12 ")]
    [InlineData("2 ab0 ")]
    [InlineData("2 ab02 ab")]
    [InlineData("2 ab\n")]
    [InlineData("2 ab<14>x\n")]
    [InlineData("2 ab5<14>x\n")]
    [InlineData("2 ab5\tabcde")]
    [InlineData("2 ab ")]
    [InlineData("-1 a")]
    [InlineData("+1 a")]
    [InlineData("2 ab99999999999999999999999999 ")]
    public void Requests_and_replies_are_frames_however_they_come(string stream)
    {
        foreach (var pieces in SplitEverywhere.Of(Bytes(stream)))
        {
            Assert.Equal(OfRequests(stream, Settings.RequestBytesMax), Requests(Protocol, Settings, pieces));
            Assert.Equal(OfReplies(stream), Replies(Protocol, pieces));
        }
    }

    [Fact]
    public void Random_frames_cut_at_random_and_damaged_are_read_as_the_oracle_reads_them() =>
        Seed.Run(random =>
        {
            for (int round = 0; round < 5_000; round++)
            {
                string stream = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Frame(RandomText(random))));
                for (int i = random.Next(3); i > 0 && stream.Length > 0; i--)
                {
                    int at = random.Next(stream.Length);
                    stream = random.Next(3) switch
                    {
                        0 => stream.Remove(at, 1),
                        1 => stream.Insert(at, "0 19\n<"[random.Next(6)].ToString()),
                        _ => stream[..at],
                    };
                }

                long max = random.Next(2) == 0 ? random.Next(4, 60) : 1 << 20;
                Assert.Equal(OfRequests(stream, max), Requests(Protocol, Settings with { RequestBytesMax = max }, Cut(Bytes(stream), random)));
                Assert.Equal(OfReplies(stream), Replies(Protocol, Cut(Bytes(stream), random)));
            }
        });

    [Theory]
    [InlineData(1_024)]
    [InlineData(1_000_000)]
    public void A_frame_up_to_the_limit_is_taken_and_one_beyond_it_is_known_by_its_length(int max)
    {
        foreach (int length in (int[])[max - 1, max, max + 1])
        {
            int text = length - 1;
            while (Frame(new string('x', text)).Length > length) text--;
            string frame = Frame(new string('x', text));
            Assert.Equal(length, frame.Length);
            string said = Assert.Single(Requests(Protocol, Settings with { RequestBytesMax = max }, [Bytes(frame)]));
            if (length <= max)
            {
                Assert.Equal(Forward(frame, 1, ReplyClass.Compared, 0), said);
                continue;
            }

            // With its last digit, before a byte of it has come.
            int digits = frame.IndexOf(' ', StringComparison.Ordinal);
            Assert.Equal(Malformed(Error($"a frame is longer than max_request_bytes={max}"), digits - 1), said);
        }
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_reply_is_at_most_a_mebibyte(int beyond, bool taken)
    {
        byte[] reply = Bytes(Frame(new string('x', LineReplyReader.ReplyBytesMax + beyond - 8)));
        Assert.Equal(LineReplyReader.ReplyBytesMax + beyond, reply.Length);
        Assert.Equal(taken ? FrameStatus.Complete : FrameStatus.Malformed, Protocol.NewReplyReader().Advance(reply, out int consumed));
        Assert.Equal(taken ? reply.Length : 6, consumed);
    }

    [Theory]
    [InlineData("<14>1 a line\n", 0, "a frame does not begin with its length but with '<'; lines that end with LF need line_framing=lf")]
    [InlineData("\n", 0, "a frame does not begin with its length but with 0x0A; lines that end with LF need line_framing=lf")]
    [InlineData(" 5 hello", 0, "a frame does not begin with its length but with 0x20; lines that end with LF need line_framing=lf")]
    [InlineData("0 ", 0, "the length of a frame begins with 0")]
    [InlineData("05 hello", 0, "the length of a frame begins with 0")]
    [InlineData("5<14>", 1, "behind the length of a frame stands no space but '<'")]
    [InlineData("5\nhello", 1, "behind the length of a frame stands no space but 0x0A")]
    [InlineData("1x", 1, "behind the length of a frame stands no space but 'x'")]
    public void What_is_no_frame_is_named_and_reaches_no_server_nor_does_what_follows(string bytes, int taken, string fault)
    {
        foreach (var pieces in SplitEverywhere.Of(Bytes(Frame("before") + bytes + Frame("after"))))
            Assert.Equal([Forward("6 before", 1, ReplyClass.Compared, 0), Malformed(Error(fault), taken)], Requests(Protocol, Settings, pieces));
    }

    [Fact]
    public void A_reader_that_has_met_a_fault_takes_nothing_more()
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal(FrameStatus.Malformed, reader.Advance("x"u8, Settings, out _));
        Assert.Equal(FrameStatus.Malformed, reader.Advance("1 a"u8, Settings, out int consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void What_a_frame_declares_is_known_with_each_digit()
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal(0, reader.DeclaredLength);
        reader.Advance("1"u8, Settings, out _);
        Assert.Equal((1, 3), (reader.Length, reader.DeclaredLength));
        reader.Advance("0"u8, Settings, out _);
        Assert.Equal((2, 13), (reader.Length, reader.DeclaredLength));
        reader.Advance(" abc"u8, Settings, out _);
        Assert.Equal((6, 13), (reader.Length, reader.DeclaredLength));
        Assert.Equal("half a frame, 6 bytes of at least 13", reader.Part);
    }

    [Fact]
    public void An_error_of_the_broadcaster_is_a_frame_whose_length_is_that_of_its_bytes()
    {
        var output = new ArrayBufferWriter<byte>();
        Protocol.WriteError(output, "no server é");
        Assert.Equal("18 ERROR no server \u00c3\u00a9", Text(output.WrittenSpan));
        Assert.Equal(FrameStatus.Complete, Protocol.NewReplyReader().Advance(output.WrittenSpan, out int consumed));
        Assert.Equal(output.WrittenCount, consumed);
    }

    [Fact]
    public void A_frame_is_named_without_its_length() =>
        Assert.Equal(new RequestName("<14>1", "2026-01-01T00:00:00Z"), Protocol.Describe(Bytes(Frame(Syslog + "\n  at x"))));

    [Fact]
    public void A_warm_reader_allocates_nothing()
    {
        var reader = Protocol.NewRequestReader(1);
        var replies = Protocol.NewReplyReader();
        var scratch = new RequestScratch();
        byte[] frame = Bytes(Frame(Syslog));
        bool isRead = true;
        Assert.Equal(0, Allocations.Least(() =>
        {
            isRead &= reader.Advance(frame, Settings, out _) == FrameStatus.Complete;
            reader.Judge(frame, scratch, Settings);
            isRead &= replies.Advance(frame, out _) == FrameStatus.Complete;
        }));
        Assert.True(isRead);
    }

    private static string Frame(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length} {text}");

    private static string Error(string fault) => Frame("ERROR " + fault);

    private static string RandomText(Random random) =>
        new([.. Enumerable.Range(0, random.Next(1, random.Next(4) == 0 ? 120 : 12)).Select(_ => "\n\r ab0159<\0"[random.Next(11)])]);

    private static List<string> OfRequests(string stream, long max) =>
        [.. Read(stream, max).Select(said => said.Frame is null ? said.End : Forward(said.Frame, 1, ReplyClass.Compared, 0))];

    private static List<string> OfReplies(string stream) =>
        [.. Read(stream, 1 << 20).Select(said => said.Frame ?? (said.End.StartsWith("malformed", StringComparison.Ordinal) ? said.End[..(said.End.IndexOf(':', StringComparison.Ordinal) + 2)] : said.End))];

    /// <summary>The oracle: with the whole stream at hand, by an expression.</summary>
    private static List<(string? Frame, string End)> Read(string stream, long max)
    {
        List<(string? Frame, string End)> said = [];
        while (stream.Length > 0)
        {
            string digits = Digits().Match(stream).Value;
            int fits = 0;
            while (fits < digits.Length && fits + 2 + BigInteger.Parse(digits[..(fits + 1)], CultureInfo.InvariantCulture) <= max) fits++;
            if (digits.Length == 0)
            {
                string fault = stream[0] == '0' ? "the length of a frame begins with 0"
                    : $"a frame does not begin with its length but with {Shown(stream[0])}; lines that end with LF need line_framing=lf";
                return [.. said, (null, Malformed(Error(fault), 0))];
            }

            if (fits < digits.Length) return [.. said, (null, Malformed(Error($"a frame is longer than max_request_bytes={max}"), fits))];
            if (stream.Length > digits.Length && stream[digits.Length] != ' ')
                return [.. said, (null, Malformed(Error($"behind the length of a frame stands no space but {Shown(stream[digits.Length])}"), digits.Length))];
            int length = digits.Length + 1 + int.Parse(digits, CultureInfo.InvariantCulture);
            if (stream.Length < length) return [.. said, (null, Open(stream.Length))];
            said.Add((stream[..length], ""));
            stream = stream[length..];
        }

        return said;
    }

    private static string Shown(char found) => found is > ' ' and < '\u007f' ? $"'{found}'" : $"0x{(int)found:X2}";

    [GeneratedRegex("^(?:[1-9][0-9]*)?")]
    private static partial Regex Digits();
}
