using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisTransactionTests
{
    private const string Queued = "+QUEUED\r\n";
    private const string Aborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";

    private static readonly RequestVerdict Answered = new() { Action = RequestAction.Answer };
    private static readonly RequestVerdict Dropped = new() { Action = RequestAction.DropCollected };
    private static readonly RequestVerdict Collected = new() { Action = RequestAction.Collect };

    private readonly ReaderDriver _client = new();

    [Fact]
    public void A_transaction_goes_to_the_servers_as_one_request_of_which_the_last_reply_is_the_clients()
    {
        Assert.Equal(new Judged(Collected, "+OK\r\n", ReaderDriver.Encode("MULTI")), _client.Say("MULTI"));
        Assert.Equal(new Judged(Collected, Queued, ReaderDriver.Encode("SET", "k", "v")), _client.Say("SET k v"));
        Assert.Equal(new Judged(Collected, Queued, ReaderDriver.Encode("nonsense")), _client.Say("nonsense"));
        Assert.Equal(
            new Judged(new() { Action = RequestAction.ForwardCollected, Replies = 4 }, "", ReaderDriver.Encode("EXEC")),
            _client.Say("EXEC"));
        Assert.Equal(RequestAction.Forward, _client.Say("SET k v").Verdict.Action);
    }

    [Fact]
    public void It_runs_in_the_database_that_its_client_selected() =>
        Assert.Equal(3, _client.Say("SELECT 3", "MULTI", "GET k", "EXEC").Verdict.Database);

    [Fact]
    public void An_empty_one_is_executed_too() =>
        Assert.Equal(new RequestVerdict { Action = RequestAction.ForwardCollected, Replies = 2 }, _client.Say("MULTI", "EXEC").Verdict);

    [Theory]
    [InlineData("PING")]
    [InlineData("ECHO x")]
    [InlineData("UNWATCH")]
    [InlineData("TIME")]
    [InlineData("XREAD STREAMS s 0")]
    public void What_servers_can_do_for_the_client_is_queued(string line) => Assert.Equal(Collected, _client.Say("MULTI", line).Verdict);

    [Theory]
    [InlineData("SET a b", "GET a", ReplyClass.Compared)]
    [InlineData("SET a b", "TIME", ReplyClass.Own)]
    [InlineData("SMEMBERS s", "SET a b", ReplyClass.Own)]
    [InlineData("HGETALL h", "HGETALL h", ReplyClass.Own)]
    [InlineData("SET a b", "EVAL x 0", ReplyClass.Outcome)]
    [InlineData("FCALL f 0", "GET a", ReplyClass.Outcome)]
    [InlineData("EVAL x 0", "TIME", ReplyClass.Own)]
    public void It_is_compared_only_if_all_in_it_is(string first, string second, ReplyClass replyClass)
    {
        Assert.Equal(replyClass, _client.Say("MULTI", first, second, "EXEC").Verdict.Class);
        Assert.Equal(ReplyClass.Compared, _client.Say("MULTI", "GET k", "EXEC").Verdict.Class);
    }

    [Theory]
    [InlineData("SHUTDOWN")]
    [InlineData("WATCH k")]
    [InlineData("SUBSCRIBE c")]
    [InlineData("XREAD BLOCK 0 STREAMS s $")]
    [InlineData("SELECT 1")]
    [InlineData("SELECT 0")]
    [InlineData("AUTH x")]
    [InlineData("HELLO 3")]
    [InlineData("CLIENT REPLY OFF")]
    [InlineData("CLIENT ID")]
    [InlineData("CLIENT FOO")]
    [InlineData("READONLY")]
    [InlineData("PING a b")]
    [InlineData("MULTI x")]
    [InlineData("DISCARD x")]
    [InlineData("\"SHUT\\x00DOWN\"")]
    public void What_is_refused_spoils_it_and_nothing_of_it_is_kept(string line)
    {
        var refused = _client.Say("MULTI", "SET k v", line);
        Assert.Equal(Dropped, refused.Verdict);
        Assert.StartsWith("-ERR ", refused.Answer, StringComparison.Ordinal);
        Assert.Equal(new Judged(Answered, Queued, ""), _client.Say("SET k v"));
        Assert.Equal(Answered, _client.Say(line).Verdict);
        Assert.Equal(new Judged(Dropped, Aborted, ""), _client.Say("EXEC"));
        Assert.Equal("-ERR EXEC without MULTI\r\n", _client.Say("EXEC").Answer);
        Assert.Equal(2 + 1, _client.Say("MULTI", "SET k v", "EXEC").Verdict.Replies);
    }

    [Fact]
    public void What_servers_do_not_know_of_a_client_is_refused_in_it_with_the_way_out() =>
        Assert.Equal(
            "-ERR SELECT is refused inside MULTI: servers do not know this client; send it before MULTI\r\n",
            _client.Say("MULTI", "SELECT 1").Answer);

    [Fact]
    public void A_second_multi_is_an_error_that_spoils_nothing()
    {
        Assert.Equal(new Judged(Answered, "-ERR MULTI calls can not be nested\r\n", ""), _client.Say("MULTI", "MULTI"));
        Assert.Equal(3, _client.Say("SET k v", "EXEC").Verdict.Replies);
    }

    [Theory]
    [InlineData("DISCARD", "+OK\r\n")]
    [InlineData("RESET", "+RESET\r\n")]
    public void It_can_be_dropped(string line, string answer)
    {
        Assert.Equal(new Judged(Dropped, answer, ""), _client.Say("MULTI", "SET k v", line));
        Assert.Equal("-ERR DISCARD without MULTI\r\n", _client.Say("DISCARD").Answer);
        Assert.Equal("+PONG\r\n", _client.Say("PING").Answer);
    }

    [Fact]
    public void An_exec_with_arguments_ends_it_as_in_redis()
    {
        Assert.Equal(
            new Judged(Dropped, "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n", ""),
            _client.Say("MULTI", "SET k v", "EXEC x"));
        Assert.Equal("-ERR EXEC without MULTI\r\n", _client.Say("EXEC").Answer);
        Assert.Equal("-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n", _client.Say("EXEC x").Answer);
    }

    [Fact]
    public void Quit_in_it_drops_it_and_closes() =>
        Assert.Equal(new Judged(Dropped with { Closes = true }, "+OK\r\n", ""), _client.Say("MULTI", "SET k v", "QUIT"));

    [Theory]
    [InlineData("EXEC", "-ERR EXEC without MULTI\r\n")]
    [InlineData("DISCARD", "-ERR DISCARD without MULTI\r\n")]
    public void Without_one_there_is_nothing_to_end(string line, string answer) =>
        Assert.Equal(new Judged(Answered, answer, ""), _client.Say(line));

    [Fact]
    public void It_holds_65535_requests_and_one_more_spoils_it()
    {
        string request = ReaderDriver.Encode("INCR", "k");
        string most = ReaderDriver.Encode("MULTI") + string.Concat(Enumerable.Repeat(request, 65_535));
        Assert.All(_client.Feed(most), judged => Assert.Equal(Collected, judged.Verdict));
        Assert.Equal(65_537, _client.Ask("EXEC").Verdict.Replies);
        _client.Feed(most);
        var over = _client.Ask("INCR", "k");
        Assert.Equal("-ERR a transaction holds at most 65535 requests: it is discarded; use a Lua script\r\n", over.Answer);
        Assert.Equal(Dropped, over.Verdict);
        Assert.Equal(Aborted, _client.Ask("EXEC").Answer);
    }
}
