using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What a client that is closed for what it sent is told, and what the log is: redis's own words first, then the limit.</summary>
public sealed class RedisFaultTests
{
    private const string Bulk = "Protocol error: invalid bulk length";
    private const string Multibulk = "Protocol error: invalid multibulk length";
    private const string Inline = "Protocol error: too big inline request";

    [Theory]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$17000000\r\n", Bulk + ": the request is longer than max_request_bytes=16777216")]
    [InlineData("*1\r\n$-1\r\n", Bulk)]
    [InlineData("*1\r\n$x\r\n", Bulk)]
    [InlineData("*1048577\r\n", Multibulk + ": more than 1048576 arguments")]
    [InlineData("*x\r\n", Multibulk)]
    [InlineData("*1\r\n!", "Protocol error: expected '$', got '!'")]
    [InlineData("PING\0\r\n", Inline + ": a zero byte in a line of words")]
    [InlineData("*11111111111111111111111111111111", "Protocol error: too big mbulk count string")]
    public void A_fault_is_told_with_the_limit_that_it_passed(string stream, string fault) => Expect(fault, new(), stream);

    [Fact]
    public void A_line_of_words_is_longer_than_it_may_be_or_than_any_request()
    {
        Expect(Inline + ": a line of words is longer than 16384 bytes", new(), new string('x', 16385));
        Expect(Inline + ": a line of words is longer than max_request_bytes=1024", new() { RequestBytesMax = 1024 }, new string('x', 1025));
    }

    [Fact]
    public void So_many_arguments_can_be_too_long_by_their_number() =>
        Expect(Multibulk + ": the request is longer than max_request_bytes=1024", new() { RequestBytesMax = 1024 }, "*1000\r\n");

    [Fact]
    public void Who_has_not_shown_a_password_is_told_that_its_limit_is_another()
    {
        var settings = new ProtocolSettings { ClientPassword = "x" };
        Expect(Bulk + ": the request is longer than 16384 bytes, the limit before AUTH", settings, "*2\r\n$4\r\nAUTH\r\n$20000\r\n");
        Expect(Multibulk + ": the request is longer than 16384 bytes, the limit before AUTH", settings, "*10000\r\n");
        Expect(Bulk + ": the request is longer than max_request_bytes=1024", settings with { RequestBytesMax = 1024 }, "*2\r\n$4\r\nAUTH\r\n$20000\r\n");
    }

    [Theory]
    [InlineData("SET a \"b\r\n", "Protocol error: unbalanced quotes in request")]
    [InlineData("POST / HTTP/1.1\r\n", "this is redis, not HTTP")]
    [InlineData("QUIT\r\n", "")]
    public void A_client_that_is_closed_behind_its_answer_has_done_something_wrong_or_has_not(string request, string fault)
    {
        var client = new ReaderDriver();
        Assert.True(Assert.Single(client.Feed(request)).Verdict.Closes);
        Assert.Equal(fault, client.Reader.Fault);
    }

    [Fact]
    public void What_is_here_of_a_request_is_told_with_its_length()
    {
        var client = new ReaderDriver();
        Assert.Empty(client.Feed("*2\r\n$3\r\nGET\r\n$100\r\nab"));
        Assert.Equal("half a request, 21 bytes of at least 121", client.Reader.Part);
    }

    private static void Expect(string fault, ProtocolSettings settings, string stream)
    {
        var reader = new RedisProtocol().NewRequestReader(1);
        Assert.Equal(FrameStatus.Malformed, reader.Advance(Encoding.ASCII.GetBytes(stream), settings, out _));
        Assert.Equal(fault, reader.Fault);
        var told = new ArrayBufferWriter<byte>();
        reader.WriteFault(told);
        Assert.Equal($"-ERR {fault}\r\n", Encoding.ASCII.GetString(told.WrittenSpan));
    }
}
