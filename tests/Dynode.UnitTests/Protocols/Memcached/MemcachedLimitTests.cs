using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using Dynode.TestKit;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Memcached;

/// <summary>Each limit one below, at, and one above; and what a reader costs.</summary>
public sealed class MemcachedLimitTests
{
    private const string BadFormat = "CLIENT_ERROR bad command line format\r\n";

    private static readonly MemcachedProtocol Protocol = new();
    private static readonly ProtocolSettings Settings = new();

    [Theory]
    [InlineData("gat 0 ", 2048)]
    [InlineData("unknown ", 2048)]
    [InlineData("get ", 1 << 20)]
    [InlineData("gets ", 1 << 20)]
    public void A_line_up_to_its_limit_is_taken_and_a_longer_one_closes_the_client(string begin, int limit)
    {
        foreach (int length in new[] { limit - 1, limit, limit + 1 })
        {
            string line = begin + string.Concat(Enumerable.Repeat("kkkkkkk ", (length / 8) + 1))[..(length - begin.Length - 2)] + "\r\n";
            Assert.Equal(length, line.Length);
            string said = Assert.Single(Of(line));
            if (length > limit) Assert.Equal(Malformed($"CLIENT_ERROR line too long: longer than {limit} bytes\r\n", limit), said);
            else Assert.DoesNotContain("malformed", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_request_up_to_the_limit_is_taken_and_a_longer_one_closes_the_client_before_its_block_comes()
    {
        var settings = Settings with { RequestBytesMax = 100 };
        foreach (int length in new[] { 99, 100, 101 })
        {
            int block = length - "set a 0 0 10\r\n\r\n".Length;
            string request = $"set a 0 0 {block}\r\n{new string('x', block)}\r\n";
            string said = Assert.Single(Requests(Protocol, settings, [Bytes(request)]));
            Assert.Equal(length > 100 ? Malformed("CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes=100\r\n", 13) : Forward(request, 1, ReplyClass.Compared, 0), said);
        }
    }

    [Theory]
    [InlineData("get {0}\r\n")]
    [InlineData("get a {0} b\r\n")]
    [InlineData("gat 0 {0}\r\n")]
    [InlineData("set {0} 0 0 1\r\n1\r\n")]
    [InlineData("incr {0} 1\r\n")]
    [InlineData("delete {0}\r\n")]
    [InlineData("touch {0} 1\r\n")]
    [InlineData("ms {0} 1\r\n1\r\n")]
    [InlineData("mg {0}\r\n")]
    public void A_key_has_at_most_250_bytes(string form)
    {
        foreach (int length in new[] { 249, 250, 251 })
        {
            string request = form.Replace("{0}", new string('k', length), StringComparison.Ordinal);
            Assert.Equal(length > 250 ? Answer(BadFormat) : Forward(request, 1, ReplyClass.Compared, 0), Assert.Single(Of(request)));
        }
    }

    [Fact]
    public void A_key_that_is_too_long_is_found_behind_all_that_a_judge_sees()
    {
        string keys = string.Concat(Enumerable.Repeat("kkkkkkk ", 5_000));
        Assert.Equal([Forward($"get {keys}\r\n", 1, ReplyClass.Compared, 0)], Of($"get {keys}\r\n"));
        Assert.Equal([Answer(BadFormat)], Of($"get {keys}{new string('k', 251)}\r\n"));
        Assert.Equal([Answer(BadFormat)], Of($"get {keys}noreply\r\n"));
    }

    [Fact]
    public void A_meta_line_has_at_most_19_tokens_and_an_opaque_32_bytes()
    {
        const string Flags = "b k t c s v h u I P L l f x F1 T1 R1";
        Assert.StartsWith("forward", Assert.Single(Of($"mg a {Flags[..^3]}\r\n")), StringComparison.Ordinal);
        Assert.StartsWith("forward", Assert.Single(Of($"mg a {Flags}\r\n")), StringComparison.Ordinal);
        Assert.Equal([Answer("CLIENT_ERROR options flags are too long\r\n")], Of($"mg a {Flags} q\r\n"));
        foreach (int length in new[] { 31, 32, 33 })
        {
            string request = $"mg a O{new string('o', length - 1)}\r\n";
            Assert.Equal(length > 32 ? Answer("CLIENT_ERROR opaque token too long\r\n") : Forward(request, 1, ReplyClass.Compared, 0), Assert.Single(Of(request)));
        }
    }

    [Fact]
    public void A_line_of_a_reply_has_at_most_64_KiB()
    {
        foreach (int length in new[] { (64 << 10) - 1, 64 << 10, (64 << 10) + 1 })
        {
            string reply = new string('x', length - 1) + "\n";
            Assert.Equal([length > 64 << 10 ? Malformed("", 64 << 10) : reply], Replies(Protocol, [Bytes(reply)]));
        }
    }

    [Theory]
    [InlineData("VALUE a 0 1073741823\r\n", FrameStatus.NeedMore)]
    [InlineData("VALUE a 0 1073741824\r\n", FrameStatus.NeedMore)]
    [InlineData("VALUE a 0 1073741825\r\n", FrameStatus.Malformed)]
    [InlineData("VA 1073741823\r\n", FrameStatus.NeedMore)]
    [InlineData("VA 1073741824\r\n", FrameStatus.NeedMore)]
    [InlineData("VA 1073741825\r\n", FrameStatus.Malformed)]
    public void A_block_of_a_reply_has_at_most_a_gibibyte(string line, FrameStatus status) =>
        Assert.Equal(status, Protocol.NewReplyReader().Advance(Bytes(line), out _));

    [Fact]
    public void What_a_request_declares_is_known_when_its_line_has_come()
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal(FrameStatus.NeedMore, reader.Advance("set a 0 0 1000\r"u8, Settings, out _));
        Assert.Equal(15, reader.DeclaredLength);
        Assert.Equal(FrameStatus.NeedMore, reader.Advance("\n12345"u8, Settings, out _));
        Assert.Equal(21, reader.Length);
        Assert.Equal(1018, reader.DeclaredLength);
    }

    [Fact]
    public void A_reader_that_has_met_a_fault_takes_nothing_more()
    {
        var requests = Protocol.NewRequestReader(1);
        var replies = Protocol.NewReplyReader();
        Assert.Equal(FrameStatus.Malformed, requests.Advance("set a 0 0 x\r\nget a\r\n"u8, Settings, out _));
        Assert.Equal(FrameStatus.Malformed, requests.Advance("get a\r\n"u8, Settings, out int ofRequest));
        Assert.Equal(FrameStatus.Malformed, replies.Advance("VA x\r\nOK\r\n"u8, out _));
        Assert.Equal(FrameStatus.Malformed, replies.Advance("OK\r\n"u8, out int ofReply));
        Assert.Equal(0, ofRequest + ofReply);
    }

    [Theory]
    [InlineData("get a b c\r\n")]
    [InlineData("set a 0 0 5 noreply\r\nhello\r\n")]
    [InlineData("mg a q v\r\n")]
    [InlineData("ms a 5 q T30\r\nhello\r\n")]
    [InlineData("incr a 1\r\n")]
    [InlineData("mn\r\n")]
    [InlineData("set a x 0 5\r\nhello\r\n")]
    public void A_warm_reader_allocates_nothing(string text)
    {
        byte[] request = Bytes(text);
        byte[] reply = Bytes("VALUE a 0 5\r\nhello\r\nEND\r\n");
        var reader = Protocol.NewRequestReader(1);
        var replies = Protocol.NewReplyReader();
        var scratch = new RequestScratch();
        bool isRead = true;
        Assert.Equal(0, Allocations.Least(() =>
        {
            isRead &= reader.Advance(request, Settings, out _) == FrameStatus.Complete;
            reader.Judge(request, scratch, Settings);
            scratch.Clear();
            isRead &= replies.Advance(reply, out _) == FrameStatus.Complete;
        }));
        Assert.True(isRead);
    }

    [Fact]
    public void A_reader_of_an_idle_client_is_small()
    {
        Protocol.NewRequestReader(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var reader = Protocol.NewRequestReader(2);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(reader);
        Assert.InRange(bytes, 1, 160);
    }

    private static List<string> Of(string stream) => Requests(Protocol, Settings, [Bytes(stream)]);
}
