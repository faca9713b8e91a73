using System.Buffers;
using Dynode.Protocols;
using Dynode.Protocols.Memcached;
using static Dynode.UnitTests.Protocols.Line.ReaderRun;

namespace Dynode.UnitTests.Protocols.Memcached;

public sealed class MemcachedProtocolTests
{
    private static readonly MemcachedProtocol Protocol = new();

    [Theory]
    [InlineData("ERROR\r\n", ReplyKind.Error)]
    [InlineData("ERROR: shutdown not enabled\r\n", ReplyKind.Error)]
    [InlineData("CLIENT_ERROR bad data chunk\r\n", ReplyKind.Error)]
    [InlineData("SERVER_ERROR out of memory\r\n", ReplyKind.Error)]
    [InlineData("STORED\r\n", ReplyKind.Normal)]
    [InlineData("NOT_STORED\r\n", ReplyKind.Normal)]
    [InlineData("VALUE ERROR 0 1\r\n", ReplyKind.Normal)]
    [InlineData("END\r\n", ReplyKind.Normal)]
    [InlineData("EX\r\n", ReplyKind.Normal)]
    [InlineData("17\r\n", ReplyKind.Normal)]
    public void Three_words_begin_errors_and_nothing_else_does(string reply, ReplyKind kind) => Assert.Equal(kind, Protocol.Classify(Bytes(reply)));

    /// <summary>Each as memcached 1.6.18 shows (+) or hides (-) it behind q; ma with N as later versions do.</summary>
    [Theory]
    [InlineData("mg", "-EN +HD +VA +CLIENT_ERROR +SERVER_ERROR +ERROR")]
    [InlineData("ms", "-HD +NS +EX +NF +CLIENT_ERROR +SERVER_ERROR +ERROR")]
    [InlineData("md", "-HD +NF +EX +CLIENT_ERROR +SERVER_ERROR +ERROR")]
    [InlineData("ma", "-HD -VA +NF +NS +EX +CLIENT_ERROR +SERVER_ERROR +ERROR")]
    public void The_flag_q_hides_what_is_nothing_out_of_the_ordinary(string command, string table)
    {
        var reader = Protocol.NewRequestReader(1);
        byte[] request = Bytes(command == "ms" ? "ms a 0 q\r\n\r\n" : command + " a q\r\n");
        reader.Advance(request, new(), out _);
        byte hide = reader.Judge(request, new(), new()).Hide;
        Assert.NotInRange<int>(hide, RequestVerdict.HidesAll, RequestVerdict.HidesAll);
        foreach (string entry in table.Split(' '))
        {
            foreach (string end in new[] { "\r\n", " 5 kx\r\n", "\n", "" })
                Assert.Equal(entry[0] == '-', Protocol.Hides(hide, Bytes(entry[1..] + end)));
        }

        Assert.False(Protocol.Hides(hide, "HDX\r\n"u8));
        Assert.False(Protocol.Hides(hide, "ENX\r\n"u8));
    }

    [Theory]
    [InlineData("get a\r\n", RequestNature.Reads)]
    [InlineData("gets a b\r\n", RequestNature.Reads)]
    [InlineData("gat 1 a\r\n", RequestNature.None)]
    [InlineData("mg a v\r\n", RequestNature.None)]
    [InlineData("getx a\r\n", RequestNature.None)]
    [InlineData("get", RequestNature.Reads)]
    public void Reads_are_those_that_change_nothing(string request, RequestNature nature) => Assert.Equal(nature, ((IProtocol)Protocol).NatureOf(Bytes(request)));

    [Fact]
    public void A_server_proves_by_its_version_that_it_is_alive()
    {
        var step = Assert.Single(Protocol.Preamble(new()));
        Assert.Equal("version\r\n", Text(step.Request.Span));
        Assert.Null(step.Fault(Bytes("VERSION 1.6.18\r\n")));
        Assert.Equal("it is no memcached: it answers version with \"-ERR unknown command\"", step.Fault(Bytes("-ERR unknown command\r\n")));
        Assert.Equal("it wants a user and a password, which are not supported: start memcached without -Y", step.Fault(Bytes("CLIENT_ERROR unauthenticated\r\n")));
    }

    [Theory]
    [InlineData("VERSION 1.6.18\r\n", "1.6.18")]
    [InlineData("VERSION 1.6.38-rc1\n", "1.6.38-rc1")]
    [InlineData("VERSION \r\n", null)]
    [InlineData("VERSION 1.6 18\r\n", null)]
    [InlineData("VERSION 1.6\u00e9\r\n", null)]
    public void A_servers_version_is_what_it_says_where_clients_could_be_told_it(string reply, string? version) =>
        Assert.Equal(version, Assert.Single(Protocol.Preamble(new())).Traits!(Bytes(reply))?.Version);

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_version_has_at_most_64_characters(int beyond, bool isTaken) =>
        Assert.Equal(isTaken, MemcachedVersion.Of(Bytes($"VERSION {new string('1', MemcachedVersion.CharsMax + beyond)}\r\n")) is not null);

    [Fact]
    public void An_error_of_the_broadcaster_is_a_server_error_that_names_it()
    {
        var output = new ArrayBufferWriter<byte>();
        Protocol.WriteError(output, "no server");
        Assert.Equal("SERVER_ERROR dynode: no server\r\n", Text(output.WrittenSpan));
        Assert.Equal(ReplyKind.Error, Protocol.Classify(output.WrittenSpan));
    }

    [Theory]
    [InlineData("get a b\r\n", "get", "a")]
    [InlineData("set a 0 0 5\r\nhello\r\n", "set", "a")]
    [InlineData("gat 30 a\r\n", "gat", "a")]
    [InlineData("gats 30 a\r\n", "gats", "a")]
    [InlineData("mg \u00e9 v\n", "mg", "?")]
    [InlineData("flush_all\r\n", "flush_all", "")]
    public void A_request_is_named_by_its_command_and_its_first_key(string request, string command, string key) =>
        Assert.Equal(new RequestName(command, key), Protocol.Describe(Bytes(request)));

    [Fact]
    public void There_are_no_databases()
    {
        var output = new ArrayBufferWriter<byte>();
        Protocol.WriteSelect(output, 0);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Equal_replies_have_equal_hashes_and_others_have_others()
    {
        Assert.Equal(Protocol.Hash("STORED\r\n"u8, ReplyClass.Compared), Protocol.Hash("STORED\r\n"u8, ReplyClass.Compared));
        Assert.NotEqual(Protocol.Hash("STORED\r\n"u8, ReplyClass.Compared), Protocol.Hash("NOT_STORED\r\n"u8, ReplyClass.Compared));
    }
}
