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
        Assert.Equal([ReaderDriver.Encode("PING"), ReaderDriver.Encode("INFO", "replication"), ReaderDriver.Encode("HELLO", "2")], steps.Select(step => Text(step.Request.Span)));
    }

    [Fact]
    public void Where_it_has_a_password_that_comes_first()
    {
        Assert.Equal(ReaderDriver.Encode("AUTH", "pw"), Text(_protocol.Preamble(new() { BackendPassword = "pw" })[0].Request.Span));
        var steps = _protocol.Preamble(new() { BackendUsername = "me", BackendPassword = "pw" });
        Assert.Equal(4, steps.Length);
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
    [InlineData("-NOPERM this user has no permissions to run the 'info' command\r\n", "its role (NOPERM this user has no permissions to run the 'info' command)")]
    [InlineData("-ERR unknown command 'INFO', with args beginning with: 'replication' \r\n", "its role (ERR unknown command 'INFO', with args beginning with: 'replication' )")]
    [InlineData("*0\r\n", "its role")]
    [InlineData("$-1\r\n", "its role")]
    [InlineData("$9\r\nversion:1\r\n", "its role")]
    [InlineData("$11\r\nrole:master\r\n", null)]
    public void A_server_that_does_not_tell_its_role_is_taken_for_ready_and_its_role_is_unknown(string reply, string? unknown)
    {
        var info = _protocol.Preamble(new())[1];
        Assert.Null(Fault(info, reply));
        Assert.Equal(unknown, info.Unknown(Encoding.Latin1.GetBytes(reply)));
        Assert.Equal([NotNowCause.ReadOnly], info.Disproves);
    }

    [Theory]
    [InlineData("-NOPERM User app has no permissions to run the 'ping' command\r\n", "whether it is ready (NOPERM User app has no permissions to run the 'ping' command)")]
    [InlineData("-ERR unknown command 'PING', with args beginning with: \r\n", "whether it is ready (ERR unknown command 'PING', with args beginning with: )")]
    [InlineData("-MISCONF Errors writing to the AOF file: No space left on device\r\n", "whether it is ready (MISCONF Errors writing to the AOF file: No space left on device)")]
    [InlineData("+PONG\r\n", null)]
    public void A_server_that_says_who_may_not_ask_is_there_and_whether_it_is_ready_is_unknown(string reply, string? unknown)
    {
        var ping = _protocol.Preamble(new())[0];
        Assert.Null(Fault(ping, reply));
        Assert.Equal(unknown, ping.Unknown(Encoding.Latin1.GetBytes(reply)));
        Assert.Equal([NotNowCause.Busy, NotNowCause.Loading, NotNowCause.MasterDown, NotNowCause.NoAuth], ping.Disproves);
    }

    [Theory]
    [InlineData("-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n")]
    [InlineData("-NOAUTH Authentication required.\r\n")]
    public void A_server_that_says_not_now_to_INFO_is_not_ready(string reply) => Assert.Equal(reply[1..^2], Fault(_protocol.Preamble(new())[1], reply));

    [Theory]
    [InlineData(NotNowCause.Busy, "+PONG", "", Evidence.Serves, Evidence.None)]
    [InlineData(NotNowCause.Busy, "-BUSY Redis is busy running a module command.", "", Evidence.Refuses, Evidence.None)]
    [InlineData(NotNowCause.Loading, "-LOADING Redis is loading the dataset in memory", "role:master", Evidence.Refuses, Evidence.None)]
    [InlineData(NotNowCause.Loading, "-BUSY made up", "role:master", Evidence.None, Evidence.None)]
    [InlineData(NotNowCause.ReadOnly, "+PONG", "role:master", Evidence.None, Evidence.Serves)]
    [InlineData(NotNowCause.ReadOnly, "+PONG", "role:slave\r\nslave_read_only:0", Evidence.None, Evidence.Serves)]
    [InlineData(NotNowCause.ReadOnly, "+PONG", "role:slave\r\nslave_read_only:1", Evidence.None, Evidence.Refuses)]
    [InlineData(NotNowCause.ReadOnly, "-NOPERM x", "", Evidence.None, Evidence.None)]
    public void A_server_that_may_have_said_not_now_is_asked_whether_it_is_awake_and_takes_writes(NotNowCause cause, string pong, string info, Evidence first, Evidence second)
    {
        var questions = _protocol.Questions([NotNowCause.Busy, NotNowCause.ReadOnly]);
        Assert.Equal([ReaderDriver.Encode("PING"), ReaderDriver.Encode("INFO", "replication")], questions.Select(question => Text(question.Request.Span)));
        Assert.Equal(first, questions[0].Weigh(Encoding.Latin1.GetBytes(pong + "\r\n"), cause));
        Assert.Equal(second, questions[1].Weigh(Encoding.Latin1.GetBytes($"${info.Length}\r\n{info}\r\n"), cause));
    }

    [Theory]
    [InlineData(NotNowCause.Busy, "-NOSCRIPT No matching script. Please use EVAL.", Evidence.Serves)]
    [InlineData(NotNowCause.Loading, "-NOSCRIPT No matching script.", Evidence.Serves)]
    [InlineData(NotNowCause.MasterDown, "-NOSCRIPT No matching script.", Evidence.None)]
    [InlineData(NotNowCause.ReadOnly, "-NOSCRIPT No matching script.", Evidence.None)]
    [InlineData(NotNowCause.Busy, "-NOPERM x", Evidence.None)]
    [InlineData(NotNowCause.Busy, "-LOADING Redis is loading the dataset in memory", Evidence.Refuses)]
    public void One_that_may_not_be_asked_so_is_asked_for_a_script_that_nobody_has(NotNowCause cause, string reply, Evidence evidence)
    {
        var questions = _protocol.Questions([NotNowCause.ReadOnly]);
        Assert.Equal(3, questions.Length);
        Assert.Equal(ReaderDriver.Encode("EVALSHA", new string('0', 40), "0"), Text(questions[2].Request.Span));
        Assert.Equal(evidence, questions[2].Weigh(Encoding.Latin1.GetBytes(reply + "\r\n"), cause));
    }

    [Theory]
    [InlineData("*4\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n$7\r\nversion\r\n$5\r\n8.1.1\r\n", "valkey", "8.1.1", 3)]
    [InlineData("*6\r\n$5\r\nproto\r\n:2\r\n$7\r\nversion\r\n$5\r\n7.0.1\r\n$7\r\nmodules\r\n*1\r\n*2\r\n$4\r\nname\r\n$1\r\nx\r\n", "redis", "7.0.1", 3)]
    [InlineData("%1\r\n$7\r\nversion\r\n$5\r\n7.0.1\r\n", "redis", "6.0.0", 3)]
    [InlineData("*2\r\n$7\r\nversion\r\n$3\r\n\r\n9\r\n", "redis", "6.0.0", 3)]
    [InlineData("*3\r\n$7\r\nversion\r\n:7\r\n$1\r\na\r\n", "redis", "6.0.0", 3)]
    [InlineData("*0\r\n", "redis", "6.0.0", 3)]
    [InlineData("+OK\r\n", "redis", "6.0.0", 3)]
    [InlineData("-ERR unknown command `HELLO`, with args beginning with: `2`, \r\n", "redis", "5.0.0", 2)]
    [InlineData("-NOPROTO unsupported protocol version\r\n", "redis", "5.0.0", 2)]
    public void A_server_tells_its_version_by_HELLO_and_one_that_refuses_it_speaks_RESP2_alone_and_is_ready(string reply, string name, string version, int protocol)
    {
        var hello = _protocol.Preamble(new())[^1];
        Assert.Null(Fault(hello, reply));
        Assert.Equal(new ServerTraits(name, version, protocol), hello.Traits!(Encoding.Latin1.GetBytes(reply)));
    }

    [Theory]
    [InlineData(">2\r\n$10\r\ninvalidate\r\n*0\r\n", "invalidate")]
    [InlineData(">2\r\n+message\r\n+a\r\n", "message")]
    [InlineData(">1\r\n$3\r\na\u001bb\r\n", "a\\x1Bb")]
    [InlineData(">0\r\n", "")]
    [InlineData(">1\r\n$10\r\ninval", "")]
    [InlineData(">", "")]
    public void A_push_is_called_by_its_first_element(string push, string name) => Assert.Equal(name, _protocol.NamePush(Encoding.Latin1.GetBytes(push)));

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
    [InlineData("ts.read key 0 MAX_COUNT 5", "TS.READ", "key")]
    [InlineData("msetex 1 key v EX 9", "MSETEX", "key")]
    [InlineData("sunioncard 2 key b", "SUNIONCARD", "key")]
    [InlineData("bless SET key NO-EVICT", "BLESS", "key")]
    [InlineData("hgetex key EX 9 FIELDS 1 f", "HGETEX", "key")]
    [InlineData("vsim key ELE e", "VSIM", "key")]
    [InlineData("ft.cursor READ index 5", "FT.CURSOR", "index")]
    [InlineData("ts.mrange - + FILTER a=b", "TS.MRANGE", "")]
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
