using System.Text;
using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What redis ties to a connection, and servers do not know of a client: who it is, its database, which replies it wants.</summary>
public sealed class RedisConnectionTests
{
    private const string Ok = "+OK\r\n";
    private const string NoAuth = "-NOAUTH Authentication required.\r\n";
    private const string WrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

    private const string Hello2 =
        "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n"
        + "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";

    private readonly ReaderDriver _open = new();
    private readonly ReaderDriver _locked = new("secret");

    [Theory]
    [InlineData("PING", "+PONG\r\n")]
    [InlineData("ping", "+PONG\r\n")]
    [InlineData("PING hi", "$2\r\nhi\r\n")]
    [InlineData("PING \"\"", "$0\r\n\r\n")]
    [InlineData("PING a b", "-ERR wrong number of arguments for 'ping' command\r\n")]
    [InlineData("ECHO hi", "$2\r\nhi\r\n")]
    [InlineData("ECHO", "-ERR wrong number of arguments for 'echo' command\r\n")]
    [InlineData("UNWATCH", Ok)]
    [InlineData("UNWATCH x", "-ERR wrong number of arguments for 'unwatch' command\r\n")]
    [InlineData("READONLY", Ok)]
    [InlineData("READWRITE", Ok)]
    [InlineData("RESET", "+RESET\r\n")]
    [InlineData("RESET x", "-ERR wrong number of arguments for 'reset' command\r\n")]
    [InlineData("CLIENT", "-ERR wrong number of arguments for 'client' command\r\n")]
    [InlineData("CLIENT FOO", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n")]
    [InlineData("CLIENT ID", ":7\r\n")]
    [InlineData("CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command\r\n")]
    [InlineData("CLIENT GETNAME", "$-1\r\n")]
    [InlineData("CLIENT SETNAME \"a b\"", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n")]
    [InlineData("CLIENT SETNAME \"\"", Ok)]
    [InlineData("CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command\r\n")]
    [InlineData("CLIENT SETINFO lib-name redis-py", Ok)]
    [InlineData("CLIENT SETINFO LIB-VER 5.0", Ok)]
    [InlineData("CLIENT SETINFO LIB-VER \"5 0\"", "-ERR LIB-VER cannot contain spaces, newlines or special characters.\r\n")]
    [InlineData("CLIENT SETINFO x y", "-ERR Unrecognized option 'x'\r\n")]
    [InlineData("CLIENT NO-EVICT on", Ok)]
    [InlineData("CLIENT NO-TOUCH OFF", Ok)]
    [InlineData("CLIENT NO-TOUCH x", "-ERR syntax error\r\n")]
    [InlineData("CLIENT CAPA redirect", Ok)]
    [InlineData("CLIENT CAPA", "-ERR wrong number of arguments for 'client|capa' command\r\n")]
    [InlineData("CLIENT TRACKING off", Ok)]
    [InlineData("CLIENT TRACKING x", "-ERR syntax error\r\n")]
    [InlineData("CLIENT GETREDIR", ":-1\r\n")]
    [InlineData("CLIENT TRACKINGINFO", "*6\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n")]
    [InlineData("CLIENT CACHING YES", "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled\r\n")]
    [InlineData("CLIENT UNBLOCK 5", ":0\r\n")]
    [InlineData("CLIENT REPLY ON", Ok)]
    [InlineData("CLIENT REPLY", "-ERR wrong number of arguments for 'client|reply' command\r\n")]
    [InlineData("CLIENT REPLY x", "-ERR syntax error\r\n")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    public void What_needs_no_server_is_answered_at_once_as_redis_answers_it(string line, string answer) =>
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, answer, ""), _open.Say(line));

    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("\n")]
    public void An_empty_request_gets_no_answer(string request) =>
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, "", ""), Assert.Single(_open.Feed(request)));

    [Fact]
    public void A_line_is_forwarded_as_the_array_that_servers_would_read() =>
        Assert.Equal(ReaderDriver.Encode("SET", "k", "a b"), _open.Say("SET k \"a b\"").Sent);

    [Fact]
    public void A_line_with_unbalanced_quotes_ends_its_client_as_in_redis() =>
        Assert.Equal(
            new Judged(new() { Action = RequestAction.Answer, Closes = true }, "-ERR Protocol error: unbalanced quotes in request\r\n", ""),
            _open.Say("SET k \"a"));

    [Fact]
    public void Echo_of_more_than_can_be_seen_is_left_to_the_servers() =>
        Assert.Equal(RequestAction.Forward, _open.Ask("ECHO", new string('x', 100_000)).Verdict.Action);

    [Fact]
    public void Quit_is_answered_and_closes() =>
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer, Closes = true }, Ok, ""), _open.Say("QUIT"));

    [Fact]
    public void A_client_has_the_name_that_it_gave_itself()
    {
        Assert.Equal(Ok, _open.Say("CLIENT SETNAME me").Answer);
        Assert.Equal("$2\r\nme\r\n", _open.Say("CLIENT GETNAME").Answer);
        Assert.Contains("id=7 addr=0.0.0.0:0 laddr=0.0.0.0:0 fd=0 name=me age=0 ", _open.Say("CLIENT INFO").Answer, StringComparison.Ordinal);
        Assert.Equal(Ok, _open.Say("CLIENT SETNAME \"\"").Answer);
        Assert.Equal("$-1\r\n", _open.Say("CLIENT GETNAME").Answer);
    }

    [Theory]
    [InlineData(256, Ok)]
    [InlineData(257, "-ERR Client names cannot be longer than 256 bytes.\r\n")]
    [InlineData(100_000, "-ERR Client names cannot be longer than 256 bytes.\r\n")]
    public void A_name_is_short(int length, string answer) => Assert.Equal(answer, _open.Ask("CLIENT", "SETNAME", new string('n', length)).Answer);

    [Fact]
    public void Client_help_tells_what_is_refused() => Assert.Contains("KILL, LIST, PAUSE", _open.Say("CLIENT HELP").Answer, StringComparison.Ordinal);

    [Theory]
    [InlineData("GET k", NoAuth)]
    [InlineData("PING", NoAuth)]
    [InlineData("SHUTDOWN", NoAuth)]
    [InlineData("CLIENT SETNAME x", NoAuth)]
    [InlineData("SELECT 1", NoAuth)]
    [InlineData("MULTI", NoAuth)]
    [InlineData("AUTH wrong", WrongPass)]
    [InlineData("AUTH secre", WrongPass)]
    [InlineData("AUTH secrets", WrongPass)]
    [InlineData("AUTH \"\"", WrongPass)]
    [InlineData("AUTH other secret", WrongPass)]
    [InlineData("AUTH default wrong", WrongPass)]
    [InlineData("AUTH", "-ERR wrong number of arguments for 'auth' command\r\n")]
    [InlineData("AUTH a b c", "-ERR syntax error\r\n")]
    [InlineData("RESET", "+RESET\r\n")]
    public void Without_its_password_a_client_gets_nothing(string line, string answer)
    {
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, answer, ""), _locked.Say(line));
        Assert.Equal(NoAuth, _locked.Say("GET k").Answer);
    }

    [Theory]
    [InlineData("AUTH secret")]
    [InlineData("auth default secret")]
    public void With_its_password_it_is_let_in_until_it_resets(string line)
    {
        Assert.Equal(Ok, _locked.Say(line).Answer);
        Assert.Equal(RequestAction.Forward, _locked.Say("GET k").Verdict.Action);
        Assert.Equal(NoAuth, _locked.Say("RESET", "GET k").Answer);
    }

    [Fact]
    public void A_wrong_password_takes_nothing_from_a_client_that_is_in()
    {
        Assert.Equal(WrongPass, _locked.Say("AUTH secret", "AUTH wrong").Answer);
        Assert.Equal(RequestAction.Forward, _locked.Say("GET k").Verdict.Action);
    }

    [Theory]
    [InlineData("AUTH x", "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n")]
    [InlineData("AUTH default x", Ok)]
    [InlineData("AUTH other x", WrongPass)]
    public void Where_no_password_is_asked_for_one_is_answered_as_in_redis(string line, string answer) =>
        Assert.Equal(answer, _open.Say(line).Answer);

    [Fact]
    public void A_client_that_is_in_stays_when_a_reload_asks_for_a_password_or_for_another()
    {
        _open.Say("GET k");
        _open.Settings = new() { ClientPassword = "new" };
        Assert.Equal(RequestAction.Forward, _open.Say("GET k").Verdict.Action);
        _locked.Say("AUTH secret");
        _locked.Settings = new() { ClientPassword = "other" };
        Assert.Equal(RequestAction.Forward, _locked.Say("GET k").Verdict.Action);
    }

    [Fact]
    public void A_password_of_any_bytes_is_compared_byte_by_byte()
    {
        const string Password = "s\u00E9\0\u00FF\r\n";
        _locked.Settings = new() { ClientPassword = new Secret(Encoding.Latin1.GetBytes(Password)) };
        Assert.Equal(WrongPass, _locked.Ask("AUTH", Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Password))).Answer);
        Assert.Equal(WrongPass, _locked.Ask("AUTH", Password[..^1]).Answer);
        Assert.Equal(WrongPass, _locked.Ask("AUTH", "").Answer);
        Assert.Equal(Ok, _locked.Ask("AUTH", Password).Answer);
    }

    [Fact]
    public void A_stranger_cannot_send_much()
    {
        string large = ReaderDriver.Encode("SET", "k", new string('v', 20_000));
        Assert.Equal(FrameStatus.Malformed, _locked.Reader.Advance(Encoding.Latin1.GetBytes(large), _locked.Settings, out _));
        var other = new ReaderDriver("secret");
        other.Say("AUTH secret");
        Assert.Equal(RequestAction.Forward, Assert.Single(other.Feed(large)).Verdict.Action);
    }

    [Theory]
    [InlineData("HELLO", Hello2)]
    [InlineData("HELLO 2", Hello2)]
    [InlineData("hello 2 setname me", Hello2)]
    [InlineData("HELLO 2 AUTH default any SETNAME me", Hello2)]
    [InlineData("HELLO 3", "-NOPROTO unsupported protocol version\r\n")]
    [InlineData("HELLO 3 AUTH default x SETNAME me", "-NOPROTO unsupported protocol version\r\n")]
    [InlineData("HELLO 1", "-NOPROTO unsupported protocol version\r\n")]
    [InlineData("HELLO x", "-ERR Protocol version is not an integer or out of range\r\n")]
    [InlineData("HELLO 02", "-ERR Protocol version is not an integer or out of range\r\n")]
    [InlineData("HELLO AUTH default x", "-ERR Protocol version is not an integer or out of range\r\n")]
    [InlineData("HELLO 2 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'\r\n")]
    [InlineData("HELLO 2 AUTH a", "-ERR Syntax error in HELLO option 'AUTH'\r\n")]
    [InlineData("HELLO 2 BLA", "-ERR Syntax error in HELLO option 'BLA'\r\n")]
    [InlineData("HELLO 2 SETNAME \"a b\"", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n")]
    [InlineData("HELLO 2 AUTH other x", WrongPass)]
    public void Hello_chooses_RESP2_where_servers_speak_nothing_else(string line, string answer) => Assert.Equal(answer, _open.Say(line).Answer);

    [Fact]
    public void Hello_lets_a_client_in_and_names_it()
    {
        Assert.StartsWith("-NOAUTH HELLO must be called", _locked.Say("HELLO").Answer, StringComparison.Ordinal);
        Assert.Equal("-NOPROTO unsupported protocol version\r\n", _locked.Say("HELLO 3 AUTH default secret").Answer);
        Assert.Equal(WrongPass, _locked.Say("HELLO 2 AUTH default wrong SETNAME me").Answer);
        Assert.Equal(NoAuth, _locked.Say("GET k").Answer);
        Assert.Equal(Hello2, _locked.Say("HELLO 2 AUTH default secret SETNAME me").Answer);
        Assert.Equal("$2\r\nme\r\n", _locked.Say("CLIENT GETNAME").Answer);
    }

    [Theory]
    [InlineData("SELECT 0", Ok)]
    [InlineData("SELECT x", "-ERR value is not an integer or out of range\r\n")]
    [InlineData("SELECT +1", "-ERR value is not an integer or out of range\r\n")]
    [InlineData("SELECT 01", "-ERR value is not an integer or out of range\r\n")]
    [InlineData("SELECT \" 1\"", "-ERR value is not an integer or out of range\r\n")]
    [InlineData("SELECT -1", "-ERR DB index is out of range\r\n")]
    [InlineData("SELECT 1048576", "-ERR DB index is out of range\r\n")]
    [InlineData("SELECT 99999999999", "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n")]
    [InlineData("SELECT", "-ERR wrong number of arguments for 'select' command\r\n")]
    public void A_select_that_changes_nothing_or_cannot_be_is_answered_at_once(string line, string answer) =>
        Assert.Equal(new Judged(new() { Action = RequestAction.Answer }, answer, ""), _open.Say(line));

    [Fact]
    public void Every_request_runs_in_the_database_that_its_client_selected()
    {
        Assert.Equal(new RequestVerdict { Database = 0, Selects = 1_048_575 }, _open.Ask("SELECT", "1048575").Verdict);
        Assert.Equal(new RequestVerdict { Database = 1_048_575 }, _open.Ask("GET", "k").Verdict);
        Assert.Equal(new RequestVerdict { Database = 1_048_575, Selects = 2 }, _open.Ask("SELECT", "2").Verdict);
        Assert.Equal(Ok, _open.Ask("SELECT", "2").Answer);
        Assert.Equal("+RESET\r\n", _open.Say("RESET").Answer);
        Assert.Equal(new RequestVerdict { Database = 0 }, _open.Ask("GET", "k").Verdict);
    }

    [Fact]
    public void A_select_that_servers_refused_changes_nothing()
    {
        _open.AcceptsSelect = false;
        Assert.Equal(3, _open.Ask("SELECT", "3").Verdict.Selects);
        Assert.Equal(0, _open.Ask("GET", "k").Verdict.Database);
    }

    [Fact]
    public void A_client_that_turned_replies_off_sees_none_until_it_turns_them_on()
    {
        Assert.Equal("", _open.Say("CLIENT REPLY OFF").Answer);
        Assert.Equal("", _open.Say("PING").Answer);
        Assert.Equal("", _open.Say("CLIENT REPLY SKIP").Answer);
        Assert.Equal("", _open.Say("SHUTDOWN").Answer);
        Assert.Equal(new RequestVerdict { Hide = RequestVerdict.HidesAll }, _open.Ask("SET", "k", "v").Verdict);
        Assert.Equal(new RequestVerdict { Hide = RequestVerdict.HidesAll, Selects = 1 }, _open.Ask("SELECT", "1").Verdict);
        Assert.Equal(RequestVerdict.HidesAll, _open.Say("MULTI", "SET k v", "EXEC").Verdict.Hide);
        Assert.Equal(Ok, _open.Say("CLIENT REPLY ON").Answer);
        Assert.Equal(new RequestVerdict { Database = 1 }, _open.Ask("SET", "k", "v").Verdict);
    }

    [Fact]
    public void A_skip_hides_the_next_reply_alone()
    {
        Assert.Equal("", _open.Say("CLIENT REPLY SKIP").Answer);
        Assert.Equal(RequestVerdict.HidesAll, _open.Ask("SET", "k", "v").Verdict.Hide);
        Assert.Equal(0, _open.Ask("SET", "k", "v").Verdict.Hide);
        Assert.Equal("", _open.Say("CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "PING").Answer);
        Assert.Equal("+PONG\r\n", _open.Say("PING").Answer);
        Assert.Equal(Ok, _open.Say("CLIENT REPLY SKIP", "CLIENT REPLY ON").Answer);
        Assert.Equal("", _open.Say("CLIENT REPLY SKIP", "MULTI").Answer);
        Assert.Equal("+QUEUED\r\n", _open.Say("SET k v").Answer);
    }

    [Fact]
    public void A_reset_shows_replies_again_from_its_own_on_unless_that_was_to_be_skipped()
    {
        Assert.Equal("+RESET\r\n", _open.Say("CLIENT REPLY OFF", "RESET").Answer);
        Assert.Equal("", _open.Say("CLIENT REPLY SKIP", "RESET").Answer);
        Assert.Equal("+PONG\r\n", _open.Say("PING").Answer);
    }
}
