using System.Buffers;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisProtocolTests
{
    private readonly RedisProtocol _protocol = new();

    [Fact]
    public void A_server_is_asked_whether_it_is_awake_and_takes_writes()
    {
        var steps = _protocol.Preamble(new());
        Assert.Equal([ReaderDriver.Encode("PING"), ReaderDriver.Encode("INFO", "replication")], steps.Select(step => Text(step.Request.Span)));
    }

    [Fact]
    public void Where_it_has_a_password_that_comes_first()
    {
        Assert.Equal(ReaderDriver.Encode("AUTH", "pw"), Text(_protocol.Preamble(new() { BackendPassword = "pw" })[0].Request.Span));
        var steps = _protocol.Preamble(new() { BackendUsername = "me", BackendPassword = "pw" });
        Assert.Equal(3, steps.Length);
        Assert.Equal(ReaderDriver.Encode("AUTH", "me", "pw"), Text(steps[0].Request.Span));
        Assert.Null(Fault(steps[0], "+OK\r\n"));
        Assert.Equal("WRONGPASS invalid username-password pair or user is disabled.", Fault(steps[0], "-WRONGPASS invalid username-password pair or user is disabled.\r\n"));
    }

    [Fact]
    public void A_password_of_any_bytes_is_sent_as_it_is()
    {
        const string Password = "s\u00E9\0\u00FF\r\n";
        var steps = _protocol.Preamble(new() { BackendPassword = new Secret(Encoding.Latin1.GetBytes(Password)) });
        Assert.Equal(ReaderDriver.Encode("AUTH", Password), Encoding.Latin1.GetString(steps[0].Request.Span));
    }

    [Theory]
    [InlineData("+PONG\r\n", null)]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", "LOADING Redis is loading the dataset in memory")]
    [InlineData("-NOAUTH Authentication required.\r\n", "NOAUTH Authentication required.")]
    [InlineData("-\x1b[31m\r\n", "\\x1B[31m")]
    [InlineData("$4\r\nPONG\r\n", "answered $4\\x0D\\x0APONG instead of +PONG")]
    public void A_server_that_does_not_answer_PING_with_PONG_is_not_ready(string reply, string? fault) =>
        Assert.Equal(fault, Fault(_protocol.Preamble(new())[0], reply));

    [Theory]
    [InlineData("role:master\r\nconnected_slaves:0\r\n", null)]
    [InlineData("role:slave\r\nslave_read_only:1\r\n", "is a read-only replica")]
    [InlineData("role:slave\r\nslave_read_only:0\r\n", null)]
    [InlineData("role:slave\r\n", null)]
    [InlineData("x-role:slave\r\nslave_read_only:1\r\n", null)]
    public void A_replica_that_takes_no_writes_is_not_ready(string info, string? fault)
    {
        info = "# Replication\r\n" + info;
        Assert.Equal(fault, Fault(_protocol.Preamble(new())[1], $"${info.Length}\r\n{info}\r\n"));
    }

    [Theory]
    [InlineData("-NOPERM this user has no permissions to run the 'info' command\r\n")]
    [InlineData("-ERR unknown command 'INFO', with args beginning with: 'replication' \r\n")]
    [InlineData("*0\r\n")]
    [InlineData("$-1\r\n")]
    public void A_server_that_does_not_tell_its_role_is_taken_for_ready(string reply) => Assert.Null(Fault(_protocol.Preamble(new())[1], reply));

    [Fact]
    public void A_database_is_selected_by_its_number()
    {
        Assert.Equal(ReaderDriver.Encode("SELECT", "0"), Written(output => _protocol.WriteSelect(output, 0)));
        Assert.Equal(ReaderDriver.Encode("SELECT", "1048575"), Written(output => _protocol.WriteSelect(output, 1_048_575)));
    }

    [Fact]
    public void A_protocol_is_chosen_by_its_number()
    {
        Assert.Equal(ReaderDriver.Encode("HELLO", "2"), Written(output => _protocol.WriteProtocol(output, 2)));
        Assert.Equal(ReaderDriver.Encode("HELLO", "3"), Written(output => _protocol.WriteProtocol(output, 3)));
    }

    [Fact]
    public void An_error_is_one_line() =>
        Assert.Equal("-ERR no server  is there\r\n", Written(output => _protocol.WriteError(output, "no server\r\nis there")));

    [Theory]
    [InlineData("get key", "GET", "key")]
    [InlineData("ping", "PING", "")]
    [InlineData("flushall async", "FLUSHALL", "")]
    [InlineData("config set a b", "CONFIG", "")]
    [InlineData("eval script 1 key arg", "EVAL", "key")]
    [InlineData("eval script 0", "EVAL", "")]
    [InlineData("eval script 0 argument", "EVAL", "")]
    [InlineData("fcall_ro f 1 key", "FCALL_RO", "key")]
    [InlineData("bitop AND dest a", "BITOP", "dest")]
    [InlineData("object encoding key", "OBJECT", "key")]
    [InlineData("zunion 2 key b", "ZUNION", "key")]
    [InlineData("xread COUNT 1 STREAMS key 0", "XREAD", "key")]
    [InlineData("xreadgroup GROUP STREAMS c STREAMS key >", "XREADGROUP", "key")]
    [InlineData("xinfo STREAM key", "XINFO", "key")]
    [InlineData("migrate h 1 key 0 5", "MIGRATE", "key")]
    [InlineData("module.do key", "MODULE.DO", "key")]
    public void A_request_is_called_by_its_name_and_first_key(string words, string command, string key) =>
        Assert.Equal(new RequestName(command, key), _protocol.Describe(Encode(words.Split(' '))));

    [Fact]
    public void A_transaction_is_called_by_its_first_key() =>
        Assert.Equal(new RequestName("MULTI", "key"), _protocol.Describe([.. Encode("MULTI"), .. Encode("SET", "key", "v"), .. Encode("EXEC")]));

    [Fact]
    public void Names_and_keys_are_short_and_printable()
    {
        Assert.Equal(new RequestName("GET", "a\\x0D\\x0A\\xFF\\x5Cx"), _protocol.Describe(Encode("GET", "a\r\n\xff\\x")));
        string exact = new('k', 64);
        Assert.Equal(exact, _protocol.Describe(Encode("GET", exact)).Key);
        Assert.Equal(new string('k', 61) + "...", _protocol.Describe(Encode("GET", exact + "k")).Key);
        Assert.Equal(string.Concat(Enumerable.Repeat("\\x00", 15)) + "...", _protocol.Describe(Encode("GET", new string('\0', 100))).Key);
        Assert.Equal(new RequestName("SET", ""), _protocol.Describe(Encode("SET", new string('k', 40_000)).AsSpan(0, 32_768)));
    }

    [Fact]
    public void Nothing_is_hidden_by_what_it_says() => Assert.False(_protocol.Hides(1, "+OK\r\n"u8));

    private static string? Fault(PreambleStep step, string reply) => step.Fault(Encoding.Latin1.GetBytes(reply));

    private static byte[] Encode(params string[] arguments) => Encoding.Latin1.GetBytes(ReaderDriver.Encode(arguments));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Text(output.WrittenSpan);
    }
}
