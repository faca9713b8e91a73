using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>A client chooses its protocol, and all that it is answered here is what a redis-server answers in that one.</summary>
public sealed class RedisHelloTests
{
    private const string Ok = "+OK\r\n";
    private const string NoProto = "-NOPROTO unsupported protocol version\r\n";
    private const string WrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

    private static readonly ServerTraits Both = new("redis", "7.4.1", ProtocolMax: 3);

    private readonly ReaderDriver _open = new() { Settings = new() { Servers = Both } };
    private readonly ReaderDriver _locked = new("secret") { Settings = new() { Servers = Both, ClientPassword = "secret" } };

    [Theory]
    [InlineData("HELLO", 2)]
    [InlineData("HELLO 2", 2)]
    [InlineData("HELLO 3", 3)]
    [InlineData("hello 3 setname me", 3)]
    [InlineData("HELLO 3 AUTH default any SETNAME me", 3)]
    [InlineData("HELLO 3 SETNAME me AUTH default any", 3)]
    public void Hello_is_answered_in_the_protocol_that_it_chose(string line, int protocol)
    {
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, Hello(protocol), ""), _open.Say(line));
        Assert.Equal(protocol, _open.Say("GET k").Verdict.Protocol);
    }

    [Theory]
    [InlineData("HELLO 1", NoProto)]
    [InlineData("HELLO 4", NoProto)]
    [InlineData("HELLO -3", NoProto)]
    [InlineData("HELLO 259", NoProto)]
    [InlineData("HELLO 4294967299", NoProto)]
    [InlineData("HELLO 03", "-ERR Protocol version is not an integer or out of range\r\n")]
    [InlineData("HELLO 3 BLA", "-ERR Syntax error in HELLO option 'BLA'\r\n")]
    [InlineData("HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'\r\n")]
    [InlineData("HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'\r\n")]
    [InlineData("HELLO 3 SETNAME \"a b\"", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n")]
    [InlineData("HELLO 3 AUTH other x", WrongPass)]
    public void What_is_refused_of_it_changes_nothing(string line, string answer)
    {
        Assert.Equal(answer, _open.Say(line).Answer);
        Assert.Equal(2, _open.Say("GET k").Verdict.Protocol);
        _open.Say("HELLO 3");
        Assert.Equal(answer, _open.Say(line).Answer);
        Assert.Equal(3, _open.Say("GET k").Verdict.Protocol);
    }

    [Fact]
    public void Without_a_version_the_protocol_stays_as_it_is()
    {
        _open.Say("HELLO 3");
        Assert.Equal(Hello(3), _open.Say("HELLO").Answer);
        Assert.Equal(Hello(2), _open.Say("HELLO 2").Answer);
        Assert.Equal(Hello(2), _open.Say("HELLO").Answer);
    }

    [Fact]
    public void It_lets_a_client_in_and_a_wrong_password_changes_neither_that_nor_the_protocol()
    {
        Assert.StartsWith("-NOAUTH HELLO must be called", _locked.Say("HELLO 3").Answer, StringComparison.Ordinal);
        Assert.Equal(WrongPass, _locked.Say("HELLO 3 AUTH default wrong SETNAME me").Answer);
        Assert.Equal("-NOAUTH Authentication required.\r\n", _locked.Say("CLIENT GETNAME").Answer);
        Assert.Equal(Hello(3), _locked.Say("HELLO 3 AUTH default secret SETNAME me").Answer);
        Assert.Equal("$2\r\nme\r\n", _locked.Say("CLIENT GETNAME").Answer);
    }

    [Fact]
    public void Reset_goes_back_to_RESP2_and_so_does_everything_else_that_the_client_had()
    {
        _locked.Say("HELLO 3 AUTH default secret SETNAME me");
        Assert.Equal("+RESET\r\n", _locked.Say("RESET").Answer);
        Assert.Equal(Hello(2), _locked.Say("HELLO 2 AUTH default secret").Answer);
        Assert.Equal("$-1\r\n", _locked.Say("CLIENT GETNAME").Answer);
        Assert.Equal(2, _locked.Say("GET k").Verdict.Protocol);
        _locked.Say("HELLO 3");
        Assert.Equal("+RESET\r\n", _locked.Say("MULTI", "SET k v", "RESET").Answer);
        Assert.Equal(2, _locked.Say("AUTH secret", "GET k").Verdict.Protocol);
    }

    [Fact]
    public void Where_a_server_speaks_RESP2_alone_so_do_clients_that_ask_from_then_on()
    {
        _open.Say("HELLO 3");
        _open.Settings = new() { Servers = Both with { Version = "5.0.14", ProtocolMax = 2 } };
        Assert.Equal(NoProto, _open.Say("HELLO 3").Answer);
        Assert.Equal(3, _open.Say("GET k").Verdict.Protocol);
        Assert.Contains("$6\r\n5.0.14\r\n", _open.Say("HELLO 2").Answer, StringComparison.Ordinal);
        Assert.Equal(NoProto, _open.Say("HELLO 3 AUTH default x SETNAME me").Answer);
        Assert.Equal("$-1\r\n", _open.Say("CLIENT GETNAME").Answer);
        Assert.Equal(2, _open.Say("GET k").Verdict.Protocol);
    }

    [Fact]
    public void Every_request_that_is_forwarded_says_in_which_protocol_its_reply_must_be()
    {
        _open.Say("HELLO 3");
        Assert.Equal(new RequestVerdict { Protocol = 3 }, _open.Ask("GET", "k").Verdict);
        Assert.Equal(new RequestVerdict { Protocol = 3 }, _open.Ask("GET", "k and another").Verdict);
        Assert.Equal(new RequestVerdict { Protocol = 3, Selects = 4 }, _open.Ask("SELECT", "4").Verdict);
        Assert.Equal(new RequestVerdict { Protocol = 3, Database = 4, Class = ReplyClass.Unordered }, _open.Ask("SMEMBERS", "k").Verdict);
        Assert.Equal(
            new RequestVerdict { Action = RequestAction.ForwardCollected, Protocol = 3, Database = 4, Replies = 3 },
            _open.Say("MULTI", "SET k v", "EXEC").Verdict);
        Assert.Equal(new RequestVerdict { Protocol = 3, Database = 4 }, _open.Say("XREAD STREAMS k 0").Verdict);
        Assert.Equal(3, _open.Ask("ECHO", new string('x', 100_000)).Verdict.Protocol);
        _open.Say("HELLO 2");
        Assert.Equal(new RequestVerdict { Database = 4, Class = ReplyClass.Unordered }, _open.Ask("SMEMBERS", "k").Verdict);
    }

    [Theory]
    [InlineData("PING", "+PONG\r\n")]
    [InlineData("PING hi", "$2\r\nhi\r\n")]
    [InlineData("ECHO hi", "$2\r\nhi\r\n")]
    [InlineData("MULTI", Ok)]
    [InlineData("EXEC", "-ERR EXEC without MULTI\r\n")]
    [InlineData("CLIENT ID", ":7\r\n")]
    [InlineData("CLIENT GETNAME", "_\r\n")]
    [InlineData("CLIENT SETNAME me", Ok)]
    [InlineData("CLIENT SETINFO lib-name x", Ok)]
    [InlineData("CLIENT NO-EVICT on", Ok)]
    [InlineData("CLIENT TRACKING off", Ok)]
    [InlineData("CLIENT GETREDIR", ":-1\r\n")]
    [InlineData("CLIENT TRACKINGINFO", "%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n")]
    [InlineData("CLIENT UNBLOCK 5", ":0\r\n")]
    [InlineData("CLIENT REPLY ON", Ok)]
    [InlineData("QUIT", Ok)]
    public void What_needs_no_server_is_answered_in_RESP3(string line, string answer)
    {
        _open.Say("HELLO 3");
        Assert.Equal(answer, _open.Say(line).Answer);
    }

    [Fact]
    public void Client_info_is_a_text_and_says_which_protocol()
    {
        Assert.Matches("^\\$[0-9]+\r\nid=7 .* resp=2 .*\n\r\n$", _open.Say("CLIENT INFO").Answer);
        _open.Say("HELLO 3");
        string info = _open.Say("CLIENT INFO").Answer;
        Assert.Matches("^=[0-9]+\r\ntxt:id=7 .* resp=3 .*\n\r\n$", info);
        int header = info.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        Assert.Equal($"={info.Length - header - 2}\r\n", info[..header]);
    }

    [Fact]
    public void In_a_transaction_requests_are_queued_alike_and_hello_is_refused()
    {
        _open.Say("HELLO 3");
        Assert.Equal("+QUEUED\r\n", _open.Say("MULTI", "SMEMBERS k").Answer);
        Assert.StartsWith("-ERR HELLO is refused inside MULTI", _open.Say("HELLO 2").Answer, StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", _open.Say("EXEC").Answer, StringComparison.Ordinal);
        Assert.Equal(3, _open.Say("GET k").Verdict.Protocol);
    }

    [Theory]
    [InlineData("CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip")]
    [InlineData("client maint_notifications on")]
    [InlineData("CLIENT MAINT_NOTIFICATIONS OFF")]
    public void Whether_servers_may_push_is_not_theirs_to_hear(string line)
    {
        _open.Say("HELLO 3");
        var judged = _open.Say(line);
        Assert.Equal(RequestAction.Answer, judged.Verdict.Action);
        Assert.StartsWith("-ERR unknown subcommand 'MAINT_NOTIFICATIONS'", judged.Answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_reply_that_is_hidden_is_hidden_of_hello_too()
    {
        Assert.Equal("", _open.Say("CLIENT REPLY OFF", "HELLO 3").Answer);
        Assert.Equal(new RequestVerdict { Protocol = 3, Hide = RequestVerdict.HidesAll }, _open.Ask("GET", "k").Verdict);
    }

    private static string Hello(int protocol) =>
        (protocol == 3 ? "%7" : "*14") + $"\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.4.1\r\n$5\r\nproto\r\n:{protocol}\r\n"
        + "$2\r\nid\r\n:7\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";
}
