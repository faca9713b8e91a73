using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RedisFactsTests
{
    /// <summary>What redis says of names by flags and categories: each of them keeps waiting, captures, or belongs to one connection.</summary>
    private static readonly string[] MustNotPass =
    [
        "BLMOVE k k LEFT LEFT 0", "BLMPOP 0 1 k LEFT", "BLPOP k 0", "BRPOP k 0", "BRPOPLPUSH k k 0", "BZMPOP 0 1 k MIN", "BZPOPMAX k 0", "BZPOPMIN k 0",
        "BLMOVEM k k LEFT LEFT 0", "BZMOVE k k MIN 0", "TS.READ k - BLOCK 0 1", "TS.READ k 0 MAX_COUNT 5 BLOCK 0 1",
        "XREAD BLOCK 0 STREAMS k $", "XREADGROUP GROUP g c BLOCK 0 STREAMS k >", "WAIT 1 0", "WAITAOF 1 1 0",
        "SUBSCRIBE c", "UNSUBSCRIBE", "PSUBSCRIBE c", "PUNSUBSCRIBE", "SSUBSCRIBE c", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC ? -1", "REPLCONF ACK 1",
        "SCRIPT DEBUG YES", "WATCH k", "HIMPORT PREPARE s f", "HIMPORT SET k s v", "HIMPORT DISCARDALL", "ASKING", "SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN ABORT", "DEBUG SEGFAULT", "FT.DEBUG WORKERS pause", "_FT.DEBUG WORKERS pause", "REPLICAOF NO ONE", "SLAVEOF NO ONE", "FAILOVER", "FAILOVER ABORT",
        "CLUSTER RESET", "CLUSTER FAILOVER", "CLUSTER REPLICATE x", "CLUSTER MEET h 1", "CLUSTER",
        "CLUSTER MIGRATION IMPORT 0 1", "CLUSTER MIGRATESLOTS SLOTSRANGE 0 1 NODE x", "CLUSTER CANCELSLOTMIGRATIONS", "CLUSTER SYNCSLOTS CAPA x",
        "CLIENT KILL ID 1", "CLIENT KILL MAXAGE 9", "CLIENT PAUSE 1000", "CLIENT UNPAUSE", "CLIENT LIST", "CLIENT LIST ID 1 2", "CLIENT LIST IDLE 9",
        "CLIENT IMPORT-SOURCE ON", "CLIENT IMPORT-SOURCE OFF", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST",
    ];

    private readonly ReaderDriver _client = new();

    [Fact]
    public void Every_name_in_the_table_is_one_that_redis_knows() =>
        Assert.Equal(
            ["HOST:", "POST", "TFCALL", "TFCALLASYNC"],
            RedisFacts.All.Select(fact => fact.Name.Replace(' ', '|')).Except(RedisNames.All).Order(StringComparer.Ordinal));

    [Fact]
    public void No_name_is_there_twice() =>
        Assert.Empty(RedisFacts.All.GroupBy(fact => fact.Name).Where(lines => lines.Count() > 1).Select(lines => lines.Key));

    [Fact]
    public void Every_line_is_found_by_its_name_in_either_case()
    {
        foreach (var fact in RedisFacts.All)
        {
            string[] words = fact.Name.ToLowerInvariant().Split(' ');
            byte[][] parts = [.. words.Select(System.Text.Encoding.ASCII.GetBytes)];
            var named = RedisFacts.Find(parts[0], out bool hasSubcommands);
            Assert.Same(fact, parts.Length == 1 ? named : RedisFacts.Find(parts[0], parts[1]));
            if (parts.Length == 2) Assert.True(hasSubcommands);
        }
    }

    public static TheoryData<string> Refused => [.. MustNotPass];

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_would_stop_servers_or_take_the_shared_connection_gets_an_error_that_names_it_and_the_way_out(string line)
    {
        var judged = _client.Say(line);
        Assert.Equal(new RequestVerdict { Action = RequestAction.Answer }, judged.Verdict);
        Assert.StartsWith($"-ERR {line.Split(' ')[0]}", judged.Answer, StringComparison.Ordinal);
        Assert.Matches("^-ERR [A-Z._ -]+ is refused: .+; .+\r\n$", judged.Answer);
    }

    [Theory]
    [InlineData("SHUTDOWN", "-ERR SHUTDOWN is refused: it would end every server; do it at each server itself\r\n")]
    [InlineData("blpop k 0", "-ERR BLPOP is refused: it keeps the connection waiting that all clients share; use LPOP\r\n")]
    [InlineData("client kill x", "-ERR CLIENT KILL is refused: it would close the connections that all clients share; do it at each server itself\r\n")]
    [InlineData("WATCH k", "-ERR WATCH is refused: what it watches would be watched for all clients; use a Lua script\r\n")]
    [InlineData("XREAD COUNT 1 BLOCK 0 STREAMS s $", "-ERR XREAD BLOCK is refused: it keeps the connection waiting that all clients share; use XREAD without BLOCK\r\n")]
    public void The_error_is_for_people(string line, string answer) => Assert.Equal(answer, _client.Say(line).Answer);

    [Theory]
    [InlineData("POST / HTTP/1.1")]
    [InlineData("host: example.org")]
    public void A_line_of_HTTP_ends_its_client_and_not_the_shared_connection(string line) =>
        Assert.Equal(
            new Judged(new() { Action = RequestAction.Answer, Closes = true }, "-ERR this is redis, not HTTP\r\n", ""),
            _client.Say(line));

    [Theory]
    [InlineData("XREAD COUNT 1 BLOCK 0 STREAMS s $", true)]
    [InlineData("XREAD block 0 streams s $", true)]
    [InlineData("XREADGROUP GROUP g c COUNT 1 NOACK BLOCK 0 STREAMS s >", true)]
    [InlineData("XREADGROUP GROUP STREAMS STREAMS BLOCK 0 STREAMS s >", true)]
    [InlineData("XREADGROUP BLOCK 0 GROUP g c STREAMS s >", true)]
    [InlineData("XREADGROUP CLAIM 5 BLOCK 0 GROUP g c STREAMS s >", true)]
    [InlineData("XREAD \"BLOCK\\x00x\" 0 STREAMS s $", true)]
    [InlineData("XREAD STREAMS BLOCK 0", false)]
    [InlineData("XREAD COUNT 1 STREAMS s 0", false)]
    [InlineData("XREAD MAXCOUNT 5 MAXSIZE 5 BLOCK 0 STREAMS s 0", true)]
    [InlineData("XREAD MAXCOUNT 5 MAXSIZE 5 STREAMS BLOCK 0", false)]
    [InlineData("TS.READ k 0", false)]
    [InlineData("TS.READ k - MAX_COUNT 5", false)]
    [InlineData("TS.READ BLOCK BLOCK MAX_COUNT 5", false)]
    [InlineData("ts.read k 0 max_count 5 block 0 1", true)]
    [InlineData("TS.READ k 0 STREAMS BLOCK 0 1", true)]
    [InlineData("TS.READ k 0 \"BLOCK\\x00x\" 0 1", true)]
    [InlineData("TS.READ", false)]
    [InlineData("XREADGROUP GROUP g BLOCK STREAMS s >", false)]
    [InlineData("XREADGROUP GROUP BLOCK BLOCK STREAMS s >", false)]
    [InlineData("XREAD", false)]
    [InlineData("XREAD nonsense", false)]
    public void Reading_a_stream_is_refused_only_where_it_would_wait(string line, bool refused) =>
        Assert.Equal(refused ? RequestAction.Answer : RequestAction.Forward, _client.Say(line).Verdict.Action);

    [Fact]
    public void Reading_a_stream_is_refused_where_its_options_cannot_be_seen() =>
        Assert.Equal(
            RequestAction.Answer,
            _client.Ask("XREADGROUP", "GROUP", new string('g', 40_000), "c", "BLOCK", "0", "STREAMS", "s", ">").Verdict.Action);

    [Theory]
    [InlineData("GET k", ReplyClass.Compared)]
    [InlineData("SET k v", ReplyClass.Compared)]
    [InlineData("nonsense", ReplyClass.Compared)]
    [InlineData("GEORADIUSBYMEMBER_RO k m 1 km", ReplyClass.Compared)]
    [InlineData("SPOP k", ReplyClass.Compared)]
    [InlineData("RANDOMKEY", ReplyClass.Own)]
    [InlineData("TIME", ReplyClass.Own)]
    [InlineData("TTL k", ReplyClass.Own)]
    [InlineData("DBSIZE", ReplyClass.Own)]
    [InlineData("PUBLISH c m", ReplyClass.Own)]
    [InlineData("INFO", ReplyClass.Own)]
    [InlineData("CONFIG get *", ReplyClass.Own)]
    [InlineData("CONFIG SET a b", ReplyClass.Compared)]
    [InlineData("CONFIG", ReplyClass.Compared)]
    [InlineData("ACL LIST", ReplyClass.Own)]
    [InlineData("ACL SETUSER x", ReplyClass.Compared)]
    [InlineData("CLUSTER INFO", ReplyClass.Own)]
    [InlineData("SCRIPT LOAD x", ReplyClass.Compared)]
    [InlineData("OBJECT ENCODING k", ReplyClass.Own)]
    [InlineData("EVAL x 0", ReplyClass.Outcome)]
    [InlineData("evalsha x 0", ReplyClass.Outcome)]
    [InlineData("FCALL f 0", ReplyClass.Outcome)]
    [InlineData("EVAL_RO x 0", ReplyClass.Outcome)]
    [InlineData("VSIM k ELE e", ReplyClass.Own)]
    [InlineData("VLINKS k e", ReplyClass.Own)]
    [InlineData("VRANDMEMBER k", ReplyClass.Own)]
    [InlineData("VADD k VALUES 1 1 e", ReplyClass.Compared)]
    [InlineData("VEMB k e", ReplyClass.Compared)]
    [InlineData("HTTL k FIELDS 1 f", ReplyClass.Own)]
    [InlineData("HGETEX k EX 9 FIELDS 1 f", ReplyClass.Compared)]
    [InlineData("HSETEX k EX 9 FIELDS 1 f v", ReplyClass.Compared)]
    [InlineData("HGETDEL k FIELDS 1 f", ReplyClass.Compared)]
    [InlineData("XDELEX k KEEPREF IDS 1 1-1", ReplyClass.Compared)]
    [InlineData("XACKDEL k g KEEPREF IDS 1 1-1", ReplyClass.Compared)]
    [InlineData("STTL k MEMBERS 1 m", ReplyClass.Own)]
    [InlineData("BLESS SCAN 0 NO-EVICT", ReplyClass.Own)]
    [InlineData("BLESS SET k NO-EVICT", ReplyClass.Compared)]
    [InlineData("CLUSTERSCAN 0", ReplyClass.Own)]
    [InlineData("CLUSTER SLOT-STATS SLOTSRANGE 0 1", ReplyClass.Own)]
    [InlineData("COMMANDLOG GET 9 slow", ReplyClass.Own)]
    [InlineData("HOTKEYS GET", ReplyClass.Own)]
    [InlineData("HOTKEYS START METRICS 1 CPU", ReplyClass.Compared)]
    [InlineData("MIGRATE h 1 k 0 9", ReplyClass.Own)]
    [InlineData("SCRIPT SHOW x", ReplyClass.Compared)]
    [InlineData("DELIFEQ k v", ReplyClass.Compared)]
    [InlineData("FT.CURSOR READ i 1", ReplyClass.Own)]
    [InlineData("FT.SEARCH i q", ReplyClass.Own)]
    [InlineData("ft.aggregate i q WITHCURSOR", ReplyClass.Own)]
    [InlineData("FT.CREATE i SCHEMA f TEXT", ReplyClass.Compared)]
    [InlineData("FT.CONFIG GET *", ReplyClass.Own)]
    [InlineData("TS.INFO k", ReplyClass.Own)]
    [InlineData("TS.MGET FILTER a=b", ReplyClass.Unordered)]
    [InlineData("TS.ADD k * 1", ReplyClass.Compared)]
    [InlineData("JSON.GET k", ReplyClass.Compared)]
    [InlineData("JSON.DEBUG MEMORY k", ReplyClass.Own)]
    [InlineData("TOPK.ADD k a", ReplyClass.Own)]
    [InlineData("BF.SCANDUMP k 0", ReplyClass.Own)]
    [InlineData("BF.ADD k a", ReplyClass.Compared)]
    [InlineData("SMEMBERS k", ReplyClass.Unordered)]
    [InlineData("KEYS *", ReplyClass.Unordered)]
    [InlineData("SORT k", ReplyClass.Unordered)]
    [InlineData("HGETALL k", ReplyClass.UnorderedPairs)]
    public void Replies_are_compared_by_what_equal_servers_give(string line, ReplyClass replyClass) =>
        Assert.Equal(new RequestVerdict { Class = replyClass }, _client.Say(line).Verdict);
}
