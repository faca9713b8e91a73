using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Memcached;

/// <summary>What becomes of a client's requests, rule by rule.</summary>
public sealed class MemcachedRequestTests
{
    private const string BadFormat = "CLIENT_ERROR bad command line format\r\n";

    private static readonly MemcachedProtocol Protocol = new();
    private static readonly ProtocolSettings Settings = new();

    [Theory]
    [InlineData("set a 0 0 1 noreply\r\n1\r\n", "set a 0 0 1\r\n1\r\n")]
    [InlineData("set a 0 0 1 noreply\n1\r\n", "set a 0 0 1\n1\r\n")]
    [InlineData("add a 0 0 1  noreply  \r\n1\r\n", "add a 0 0 1   \r\n1\r\n")]
    [InlineData("delete a noreply\r\n", "delete a\r\n")]
    [InlineData("delete a 0 noreply\r\n", "delete a 0\r\n")]
    [InlineData("incr a 1 noreply\r\n", "incr a 1\r\n")]
    [InlineData("touch a 1 noreply\r\n", "touch a 1\r\n")]
    [InlineData("flush_all noreply\r\n", "flush_all\r\n")]
    public void Noreply_is_cut_out_and_the_reply_is_hidden_instead(string request, string sent) =>
        Assert.Equal([Forward(sent, 1, ReplyClass.Compared, RequestVerdict.HidesAll)], Of(request));

    [Theory]
    [InlineData("mg q q v\r\n", "mg q v\r\n", 1)]
    [InlineData("ms a 1 q\r\n1\r\n", "ms a 1\r\n1\r\n", 2)]
    [InlineData("md a q k\r\n", "md a k\r\n", 2)]
    [InlineData("ma a v qx\r\n", "ma a v\r\n", 3)]
    public void The_flag_q_is_cut_out_and_its_command_says_what_is_hidden(string request, string sent, int hide) =>
        Assert.Equal([Forward(sent, 1, ReplyClass.Compared, hide)], Of(request));

    [Theory]
    [InlineData("delete a noreply noreply\r\n", "")]
    [InlineData("set a 0 0 1 noreply noreply\r\n1\r\n", BadFormat)]
    [InlineData("delete noreply\r\n", BadFormat)]
    [InlineData("get a noreply\r\n", BadFormat)]
    [InlineData("incr a noreply\r\n", "")]
    [InlineData("mg a q q\r\n", "CLIENT_ERROR duplicate flag\r\n")]
    [InlineData("ms a 1 q v q\r\n1\r\n", "CLIENT_ERROR duplicate flag\r\n")]
    public void What_could_still_be_taken_for_noreply_is_not_forwarded(string request, string answer) => Assert.Equal([Answer(answer)], Of(request));

    [Fact]
    public void A_flag_of_the_client_is_kept_though_it_looks_like_another() =>
        Assert.Equal([Forward("mg a Oq kq s\r\n", 1, ReplyClass.Compared, 0)], Of("mg a Oq kq s\r\n"));

    [Theory]
    [InlineData("set {0} 0 0 9\r\nflush_all\r\n")]
    [InlineData("ms {0} 9\r\nflush_all\r\n")]
    [InlineData("set a x 0 9\r\nflush_all\r\n")]
    [InlineData("set a 0 x 9\r\nflush_all\r\n")]
    [InlineData("set a 0 0 9 x y\r\nflush_all\r\n")]
    [InlineData(" set a 0 0 9\r\nflush_all\r\n")]
    [InlineData("set a\t 0 0 9\r\nflush_all\r\n")]
    [InlineData("set a\0 0 0 9\r\nflush_all\r\n")]
    [InlineData("set a\r 0 0 9\r\nflush_all\r\n")]
    [InlineData("set a 4294967296 0 9\r\nflush_all\r\n")]
    [InlineData("set a 0 2147483648 9\r\nflush_all\r\n")]
    public void A_value_behind_a_line_that_servers_would_refuse_never_becomes_a_command(string request) =>
        Assert.Equal([Answer(BadFormat), Answer("MN\r\n")], Of(request.Replace("{0}", new string('k', 251), StringComparison.Ordinal) + "mn\r\n"));

    [Theory]
    [InlineData("set a x 0 9 noreply\r\nflush_all\r\n")]
    [InlineData("cas a 0 0 9 1 noreply\r\nflush_all\r\n")]
    [InlineData("incr {0} 1 noreply\r\n")]
    [InlineData("delete a 5 noreply\r\n")]
    public void Who_said_noreply_waits_for_no_error_either(string request) =>
        Assert.Equal([Answer(""), Answer("MN\r\n")], Of(request.Replace("{0}", new string('k', 251), StringComparison.Ordinal) + "mn\r\n"));

    /// <summary>As memcached 1.6.18 was seen to answer each, or not to: what a client that said noreply does not wait for shifts all its later replies.</summary>
    [Theory]
    [InlineData("verbosity noreply", "")]
    [InlineData("verbosity noreply noreply", "")]
    [InlineData("verbosity", "ERROR\r\n")]
    [InlineData("verbosity 1 2 noreply", BadFormat)]
    [InlineData("flush_all noreply noreply", "")]
    [InlineData("flush_all 0 1 noreply", BadFormat)]
    [InlineData("cache_memlimit noreply", "")]
    [InlineData("cache_memlimit 64 1 noreply", BadFormat)]
    [InlineData("lru noreply", "")]
    [InlineData("extstore noreply", "")]
    [InlineData("slabs noreply", "ERROR\r\n")]
    [InlineData("slabs automove noreply", "")]
    [InlineData("lru_crawler noreply", BadFormat)]
    [InlineData("incr noreply", "ERROR\r\n")]
    [InlineData("incr a noreply", "")]
    [InlineData("incr a 1 2 noreply", BadFormat)]
    [InlineData("touch noreply", "ERROR\r\n")]
    [InlineData("touch a noreply", "")]
    [InlineData("touch a 1 2 noreply", BadFormat)]
    [InlineData("delete noreply", BadFormat)]
    [InlineData("delete a noreply noreply", "")]
    [InlineData("delete a 0 0 noreply", BadFormat)]
    [InlineData("set a noreply", "ERROR\r\n")]
    public void Who_said_noreply_in_the_place_of_what_is_missing_waits_for_nothing(string request, string answer) =>
        Assert.Equal([Answer(answer), Answer("MN\r\n")], Of(request + "\r\nmn\r\n"));

    [Theory]
    [InlineData("set a 0 0\r\n")]
    [InlineData("set\r\n")]
    [InlineData("incr a\r\n")]
    [InlineData("get\r\n")]
    [InlineData("gat 0\r\n")]
    [InlineData("GET a\r\n")]
    [InlineData("bget a\r\n")]
    [InlineData("mx a\r\n")]
    [InlineData("\r\n")]
    public void A_line_with_too_little_or_nothing_known_in_it_is_an_error_and_has_no_block(string request) =>
        Assert.Equal([Answer("ERROR\r\n"), Answer("MN\r\n")], Of(request + "mn\r\n"));

    [Theory]
    [InlineData("set a 0 0 x\r\n", "CLIENT_ERROR bad data chunk\r\n")]
    [InlineData("set a 0 0 -1\r\n", "CLIENT_ERROR bad data chunk\r\n")]
    [InlineData("set a 0 0 +1\r\n", "CLIENT_ERROR bad data chunk\r\n")]
    [InlineData("ms a S1\r\n", "CLIENT_ERROR bad data chunk\r\n")]
    [InlineData("set a 0 0 16777216\r\n", "CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes=16777216\r\n")]
    [InlineData("set a 0 0 4294967301\r\n", "CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes=16777216\r\n")]
    [InlineData("ms a 99999999999999999999\r\n", "CLIENT_ERROR object too large for cache: the request is longer than max_request_bytes=16777216\r\n")]
    [InlineData("\u0080\0\0", "CLIENT_ERROR the binary protocol is not supported; use the text protocol\r\n")]
    public void A_client_whose_next_request_cannot_be_found_is_closed(string request, string fault) =>
        Assert.EndsWith(": " + fault, Assert.Single(Of(request)), StringComparison.Ordinal);

    [Theory]
    [InlineData("set a 0 0 x\r\n", "bad data chunk: its length is no number")]
    [InlineData("set a 0 0 1\r\n12", "bad data chunk: no CR LF stands where its length says that it ends")]
    [InlineData("set a 0 0 16777216\r\n", "object too large for cache: the request is longer than max_request_bytes=16777216")]
    [InlineData("\u0080\0\0", "the binary protocol is not supported; use the text protocol")]
    public void The_log_is_told_why_a_client_is_closed(string request, string fault)
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal("", reader.Fault);
        Assert.Equal(FrameStatus.Malformed, reader.Advance(Bytes(request), Settings, out _));
        Assert.Equal(fault, reader.Fault);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\n", "this is memcached, not HTTP")]
    [InlineData("quit\r\n", "")]
    public void A_client_that_is_closed_behind_its_answer_has_done_something_wrong_or_has_not(string request, string fault)
    {
        var reader = Protocol.NewRequestReader(1);
        Assert.Equal(FrameStatus.Complete, reader.Advance(Bytes(request), Settings, out _));
        Assert.True(reader.Judge(Bytes(request), new(), Settings).Closes);
        Assert.Equal(fault, reader.Fault);
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("hellox\r\n")]
    [InlineData("hello\rx")]
    public void A_block_that_does_not_end_where_it_says_closes_the_client(string block) =>
        Assert.EndsWith(": CLIENT_ERROR bad data chunk\r\n", Assert.Single(Of("set a 0 0 5\r\n" + block)), StringComparison.Ordinal);

    [Theory]
    [InlineData("cas a 0 0 1 7\r\n1\r\n")]
    [InlineData("ms a 1 C7\r\n1\r\n")]
    [InlineData("md a C7\r\n")]
    [InlineData("ma a C7\r\n")]
    public void A_compare_of_cas_numbers_is_refused_unless_it_is_allowed(string request)
    {
        const string Refused = "CLIENT_ERROR dynode: cas is refused, cas numbers are each server's own; set memcached_cas=true to allow it\r\n";
        Assert.Equal([Answer(Refused), Answer("MN\r\n")], Of(request + "mn\r\n"));
        Assert.Equal([Forward(request, 1, ReplyClass.Compared, 0)], Requests(Protocol, Settings with { AllowsCas = true }, [Bytes(request)]));
    }

    [Fact]
    public void A_cas_number_that_the_client_chooses_is_forwarded() =>
        Assert.Equal([Forward("ms a 1 E7\r\n1\r\n", 1, ReplyClass.Compared, 0)], Of("ms a 1 E7\r\n1\r\n"));

    [Theory]
    [InlineData("mg YQ== b N30\r\n")]
    [InlineData("ma YQ== N30 v b\r\n")]
    public void A_binary_key_is_not_brought_into_being_by_a_miss(string request) =>
        Assert.Equal([Answer("CLIENT_ERROR dynode: N with b is refused, servers would send such a key back as it is, line ends and all; use a key that needs no b\r\n")], Of(request));

    [Theory]
    [InlineData("shutdown", "shutdown is refused, it would stop every server; send it to a server itself")]
    [InlineData("watch fetchers", "watch is refused, it would take a connection that all clients share; send it to a server itself")]
    [InlineData("refresh_certs", "refresh_certs is refused, its reply may end nowhere; send it to a server itself")]
    [InlineData("misbehave", "misbehave is refused, it is for tests of memcached; send it to a server itself")]
    [InlineData("debugtime p", "debugtime is refused, it is for tests of memcached; send it to a server itself")]
    [InlineData("debugitem lock a", "debugitem is refused, it is for tests of memcached; send it to a server itself")]
    [InlineData("lru_crawler metadump all", "of lru_crawler only enable, disable, sleep, tocrawl and crawl are sent to servers: a dump takes a connection that all clients share; ask a server itself")]
    [InlineData("lru_crawler mgdump all", "of lru_crawler only enable, disable, sleep, tocrawl and crawl are sent to servers: a dump takes a connection that all clients share; ask a server itself")]
    [InlineData("stats cachedump 1 1", "only stats, stats settings, items, slabs, sizes, conns, extstore and reset are sent to servers: it is not certain where replies to others end; ask a server itself")]
    [InlineData("stats c", "only stats, stats settings, items, slabs, sizes, conns, extstore and reset are sent to servers: it is not certain where replies to others end; ask a server itself")]
    public void What_stops_a_server_or_cannot_be_framed_is_refused_with_a_way_out(string request, string reason) =>
        Assert.Equal([Answer($"CLIENT_ERROR dynode: {reason}\r\n")], Of(request + "\r\n"));

    [Theory]
    [InlineData("mn\r\n", "MN\r\n", false)]
    [InlineData("version\r\n", "SERVER_ERROR dynode: no server has said its version yet\r\n", false)]
    [InlineData("quit\r\n", "", true)]
    [InlineData("POST / HTTP/1.1\r\n", "ERROR\r\n", true)]
    public void What_concerns_the_connection_alone_is_answered_here(string request, string answer, bool closes) =>
        Assert.Equal([Answer(answer, closes)], Of(request));

    [Theory]
    [InlineData("get a\r\n", ReplyClass.Compared)]
    [InlineData("gets a\r\n", ReplyClass.Own)]
    [InlineData("gat 0 a\r\n", ReplyClass.Compared)]
    [InlineData("gats 0 a\r\n", ReplyClass.Own)]
    [InlineData("incr a 1\r\n", ReplyClass.Compared)]
    [InlineData("mg a v f s k O1 T30 N30 u\r\n", ReplyClass.Compared)]
    [InlineData("mg a c\r\n", ReplyClass.Own)]
    [InlineData("mg a t\r\n", ReplyClass.Own)]
    [InlineData("mg a l\r\n", ReplyClass.Own)]
    [InlineData("mg a h\r\n", ReplyClass.Own)]
    [InlineData("mg a R30\r\n", ReplyClass.Own)]
    [InlineData("ms a 0 c\r\n\r\n", ReplyClass.Own)]
    [InlineData("ma a c\r\n", ReplyClass.Own)]
    [InlineData("ma a t\r\n", ReplyClass.Own)]
    [InlineData("md a I T5\r\n", ReplyClass.Compared)]
    [InlineData("me a\r\n", ReplyClass.Own)]
    [InlineData("stats\r\n", ReplyClass.Own)]
    [InlineData("verbosity 1\r\n", ReplyClass.Own)]
    [InlineData("flush_all\r\n", ReplyClass.Compared)]
    public void A_reply_is_compared_unless_it_tells_what_is_one_servers_own(string request, ReplyClass replyClass) =>
        Assert.Equal([Forward(request, 1, replyClass, 0)], Of(request));

    [Fact]
    public void Version_is_what_servers_said()
    {
        var settings = Settings with { Servers = new("memcached", "1.6.18", 0) };
        Assert.Equal([Answer("VERSION 1.6.18\r\n"), Answer("VERSION 1.6.18\r\n"), Answer("MN\r\n")], Requests(Protocol, settings, [Bytes("version\r\nversion x y\r\nmn\r\n")]));
    }

    [Theory]
    [InlineData("get a b\r\n", true)]
    [InlineData("gets a\r\n", true)]
    [InlineData("mg a\r\n", true)]
    [InlineData("mg a b c f h k l O1 q s t v\r\n", true)]
    [InlineData("me a\r\n", true)]
    [InlineData("mg a N30\r\n", false)]
    [InlineData("mg a v R30\r\n", false)]
    [InlineData("mg a T30 v\r\n", false)]
    [InlineData("mg a E5\r\n", false)]
    [InlineData("gat 5 a\r\n", false)]
    [InlineData("gats 5 a\r\n", false)]
    [InlineData("touch a 5\r\n", false)]
    [InlineData("set a 0 0 1\r\n1\r\n", false)]
    [InlineData("ms a 1\r\n1\r\n", false)]
    [InlineData("md a\r\n", false)]
    [InlineData("stats\r\n", false)]
    public void A_request_reads_where_it_changes_no_item_for_certain(string request, bool reads)
    {
        foreach (bool marks in (bool[])[true, false])
        {
            var settings = Settings with { AllowsCas = true, MarksReads = marks };
            var reader = Protocol.NewRequestReader(1);
            Assert.Equal(FrameStatus.Complete, reader.Advance(Bytes(request), settings, out _));
            Assert.Equal(reads && marks, reader.Judge(Bytes(request), new(), settings).Reads);
        }
    }

    private static List<string> Of(string stream) => Requests(Protocol, Settings, [Bytes(stream)]);
}
