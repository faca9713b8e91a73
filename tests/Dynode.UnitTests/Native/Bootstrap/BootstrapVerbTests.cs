using System.Globalization;
using System.Text;
using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Bootstrap;

/// <summary>bootstrap as it is typed, against a broadcaster and two servers whose words are the test's: each refusal changes nothing, each failure says what was left and what to type.</summary>
public sealed class BootstrapVerbTests : IDisposable
{
    private const string Stream = "00c0ffee00c0ffee";
    private const string Password = "passw0rd-of-the-test";

    private readonly ControlServer _control = ControlServer.OnName();
    private readonly RedisScript _from = new("run-of-from");
    private readonly RedisScript _new = new("run-of-new");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly Dictionary<string, string> _config = new() { ["protocol"] = "redis", ["log"] = "nats://n:4222/orders", ["exactly_once"] = "auto", ["exactly_once_key"] = "dynode:watermark" };
    private readonly TemporaryFolder _folder = new();
    private string _fromState = "current";
    private string _fromGap = "null";
    private string _newOrder = "enabled";
    private string _newClaim = "held";
    private bool _hasNew = true;
    private string _fromClaim = "held";
    private string? _fromListed;
    private string? _typed;

    public BootstrapVerbTests()
    {
        _new.Replicates = _new.LinkUp;
        _from.Mark = Mark();
        _control.Answer("/config", () => Http($$"""{"schema":1,"keys":[{{string.Join(',', _config.Select(static key => $$"""{"name":"{{key.Key}}","value":"{{key.Value}}"}"""))}}]}"""));
        _control.Answer("/status", () => Http(Status()));
    }

    public void Dispose()
    {
        _control.Dispose();
        _from.Dispose();
        _new.Dispose();
        _output.Dispose();
        _error.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_server_is_given_the_others_data_and_promoted_and_is_current()
    {
        Assert.Equal((VerbStatus.Good, ""), (Run(), _error.ToString()));
        Assert.Contains($"{_new.Address} is current, without a gap: it has what {_from.Address} has", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"REPLICAOF 127.0.0.1 {_from.Port}", "REPLICAOF NO ONE", "CLIENT KILL TYPE normal SKIPME yes"], Changing(_new));
        Assert.Empty(Changing(_from));
    }

    [Fact]
    public void How_it_logs_in_where_it_gets_its_data_is_put_back_and_the_password_is_shown_nowhere()
    {
        string seen = "";
        _new.Replicates = () =>
        {
            seen = $"{_new.Config["masteruser"]}/{_new.Config["masterauth"]}";
            _new.LinkUp();
        };
        Assert.Equal(VerbStatus.Good, Run("--password-file", _folder.Write("secret", Password + "\n"), "--username", "copier"));
        Assert.Equal($"copier/{Password}", seen);
        Assert.Equal(("", "before"), (_new.Config["masteruser"], _new.Config["masterauth"]));
        Assert.Contains($"AUTH copier {Password}", _from.Asked);
        Assert.DoesNotContain(Password, _output.ToString() + _error, StringComparison.Ordinal);
        Assert.DoesNotContain("before", _output.ToString() + _error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configurations_password_is_taken_where_none_is_said()
    {
        Assert.Equal(VerbStatus.Good, Run("-c", _folder.Write("configuration", $"port={_control.Port}\nbackend_password={Password}\n")));
        Assert.Contains($"AUTH {Password}", _new.Asked);
        Assert.Equal("before", _new.Config["masterauth"]);
    }

    [Theory]
    [InlineData("catching", "is catching up: only one that is current")]
    [InlineData("gap", "has a gap: Backlog, from request 7 on: only one without")]
    [InlineData("not there", "is no server of this broadcaster: dynode add 127.0.0.1:")]
    [InlineData("disabled", "is disabled: dynode enable")]
    [InlineData("taken", "is not this broadcaster's to deliver to (another broadcaster's")]
    [InlineData("no log", "without log=")]
    [InlineData("at least once", "with exactly_once=false")]
    [InlineData("memcached", "bootstrap is for protocol=redis")]
    [InlineData("same run", "are one server")]
    [InlineData("cluster from", "is one of a cluster")]
    [InlineData("cluster new", "is one of a cluster")]
    [InlineData("not empty", "holds 2 keys: with --replace they are thrown away")]
    [InlineData("one key of somebody's", "holds 1 keys: with --replace they are thrown away")]
    [InlineData("replica", "is a replica of other:1: with --replace it is one no more")]
    [InlineData("from is replica", "is a replica itself")]
    [InlineData("writable replica", "would take writes as a replica")]
    [InlineData("loading", "reads its data")]
    [InlineData("no stream", "does not know its stream now")]
    [InlineData("no mark", "has no watermark")]
    [InlineData("a gap by its own word", "has a gap, by its own word: Added")]
    [InlineData("another's with a gap", "has a gap, by its own word: Added")]
    [InlineData("by TLS", "is spoken to by TLS, and bootstrap speaks plain")]
    [InlineData("another stream", "is of another stream: by its own word 00c0ffee00c0ffff")]
    public void What_must_not_be_is_refused_and_nothing_is_changed(string what, string said)
    {
        switch (what)
        {
            case "catching": _fromState = "catching_up"; break;
            case "gap": _fromGap = """{"reason":"Backlog","first":7}"""; break;
            case "not there": _hasNew = false; break;
            case "disabled": _newOrder = "disabled"; break;
            case "taken": _newClaim = "taken"; break;
            case "no log": _config["log"] = ""; break;
            case "at least once": _config["exactly_once"] = "false"; break;
            case "memcached": _config["protocol"] = "memcached"; break;
            case "same run": _new.Info["run_id"] = "run-of-from"; break;
            case "cluster from": _from.Info["cluster_enabled"] = "1"; break;
            case "cluster new": _new.Info["cluster_enabled"] = "1"; break;
            case "not empty": _new.Info["db3"] = "keys=2,expires=0,avg_ttl=0"; break;
            case "one key of somebody's":
                _new.Info["db0"] = "keys=1,expires=0,avg_ttl=0";
                _new.Says = static line => line.StartsWith("EXISTS", StringComparison.Ordinal) ? ":0\r\n" : null;
                break;
            case "replica": (_new.Info["role"], _new.Info["master_host"], _new.Info["master_port"]) = ("slave", "other", "1"); break;
            case "from is replica": _from.Info["role"] = "slave"; break;
            case "writable replica": _new.Config["replica-read-only"] = "no"; break;
            case "no stream": _control.Answer("/status", () => Http(Status().Replace(Stream, "", StringComparison.Ordinal))); break;
            case "no mark": _from.Mark = "x"; break;
            case "a gap by its own word": _from.Mark = Mark(gap: "Added"); break;
            case "another's with a gap": (_from.Mark, _fromClaim) = (Mark(gap: "Added"), "taken"); break;
            case "by TLS": _control.Answer("/status", () => Http(Status().Replace("\"connects\":1", "\"tls\":true,\"connects\":1", StringComparison.Ordinal))); break;
            case "another stream": _from.Mark = Mark(stream: "00c0ffee00c0ffff"); break;
            case "loading": _new.Info["loading"] = "1"; break;
        }

        Assert.Equal(VerbStatus.No, Run());
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"{_new.Address} is as it was: nothing was changed\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Changing(_new));
        Assert.Empty(Changing(_from));
    }

    /// <summary>Of another region, most likely: what it says itself is what is copied.</summary>
    [Theory]
    [InlineData("taken")]
    [InlineData("not listed")]
    public void One_that_another_broadcaster_delivers_to_gives_its_data_by_its_own_word(string how)
    {
        (_fromClaim, _fromListed, _fromState) = how == "taken" ? ("taken", null, "down") : ("held", "10.0.0.9:1", "current");
        Assert.Equal((VerbStatus.Good, ""), (Run(), _error.ToString()));
        Assert.Contains("by its own word it has no gap", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_watermark_alone_is_no_data()
    {
        _new.Info["db0"] = "keys=1,expires=0,avg_ttl=0";
        Assert.Equal((VerbStatus.Good, ""), (Run(), _error.ToString()));
    }

    [Theory]
    [InlineData("yes", VerbStatus.Good)]
    [InlineData("y", VerbStatus.No)]
    [InlineData("", VerbStatus.No)]
    [InlineData(null, VerbStatus.Usage)]
    public void Before_data_are_thrown_away_it_asks(string? typed, int status)
    {
        _typed = typed;
        _new.Info["db0"] = "keys=5,expires=0,avg_ttl=0";
        Assert.Equal(status, Run("--replace"));
        Assert.Contains($"All that {_new.Address} holds is thrown away", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(status == VerbStatus.Good, _new.WasPromoted);
        Assert.Equal(status == VerbStatus.Good ? 3 : 0, Changing(_new).Count);
    }

    [Fact]
    public void With_yes_nobody_is_asked()
    {
        _new.Info["db0"] = "keys=5,expires=0,avg_ttl=0";
        Assert.Equal((VerbStatus.Good, ""), (Run("--replace", "--yes"), _error.ToString()));
    }

    [Fact]
    public void A_link_that_never_comes_up_ends_with_the_time_and_says_that_it_is_a_replica_still()
    {
        _new.Replicates = static () => { };
        Assert.Equal(VerbStatus.No, Run("--timeout", "3"));
        Assert.Contains("not within 3 s (--timeout): the link of", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("is a replica of 127.0.0.1", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"Again: dynode bootstrap {_new.Address} --from {_from.Address} --replace. Or have it by itself with what it holds then: redis-cli -h 127.0.0.1 -p {_new.Port} REPLICAOF NO ONE", _error.ToString(), StringComparison.Ordinal);
        Assert.False(_new.WasPromoted);
        Assert.Contains("sync: the source writes its snapshot", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_refuses_to_replicate_is_as_it_was()
    {
        _new.Says = static line => line.StartsWith("REPLICAOF", StringComparison.Ordinal) ? "-NOPERM this user has no permissions\r\n" : null;
        Assert.Equal(VerbStatus.NotAllowed, Run());
        Assert.Contains("refuses REPLICAOF 127.0.0.1:", _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("is as it was: nothing was changed\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_to_that_which_is_lost_leaves_it_unknown()
    {
        _new.Says = static line => line.StartsWith("REPLICAOF", StringComparison.Ordinal) ? "" : null;
        Assert.Equal(VerbStatus.Unavailable, Run());
        Assert.Contains("it is not known whether", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("REPLICAOF NO ONE", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_is_lost_midway_has_nothing_promoted()
    {
        _new.Replicates = () =>
        {
            _from.Says = static _ => "";
            _new.LinkUp();
        };
        Assert.Equal(VerbStatus.Unavailable, Run());
        Assert.Contains($"{_from.Address} is not to be had", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("was not promoted", _error.ToString(), StringComparison.Ordinal);
        Assert.False(_new.WasPromoted);
    }

    [Theory]
    [InlineData("restart", "is not what it was when this began")]
    [InlineData("another", "replicates another server than")]
    [InlineData("gap", "has a gap: Backlog")]
    [InlineData("moved", "is no replica of")]
    [InlineData("writes", "takes writes as a replica")]
    public void What_has_changed_midway_has_nothing_promoted(string what, string said)
    {
        _new.Replicates = () =>
        {
            switch (what)
            {
                case "restart": _from.Info["run_id"] = "another"; break;
                case "another": _new.Info["master_replid"] = "r2"; break;
                case "gap": _fromGap = """{"reason":"Backlog","first":7}"""; break;
                case "moved": _new.Info["master_port"] = "1"; break;
                case "writes": _new.Info["slave_read_only"] = "0"; break;
            }

            _new.LinkUp();
        };
        Assert.Equal(VerbStatus.No, Run());
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.False(_new.WasPromoted);
    }

    [Fact]
    public void It_is_promoted_when_it_has_all_that_the_source_had_when_the_link_was_up_and_not_before()
    {
        int asked = 0;
        _new.Replicates = () =>
        {
            _new.LinkUp();
            _new.Info["slave_repl_offset"] = "99";
        };
        _new.Says = line =>
        {
            if (line == "INFO" && _new.Info["role"] == "slave" && ++asked == 5)
                _new.Info["slave_repl_offset"] = "100";
            return null;
        };
        Assert.Equal(VerbStatus.Good, Run());
        Assert.InRange(asked, 5, int.MaxValue);
    }

    [Fact]
    public void A_promotion_that_is_refused_leaves_a_replica()
    {
        _new.Says = static line => line == "REPLICAOF NO ONE" ? "-ERR not now\r\n" : null;
        Assert.Equal(VerbStatus.No, Run());
        Assert.Contains("refuses REPLICAOF NO ONE: ERR not now", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("was not promoted", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_promoted_and_not_current_in_time_is_said_to_go_on_by_itself()
    {
        _control.Answer("/status", () => Http(Status(neverAgain: true)));
        Assert.Equal(VerbStatus.No, Run("--timeout", "2"));
        Assert.Contains("to be current without a gap", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"is promoted: it goes on by itself, and its gap is closed as soon as the broadcaster has read its watermark: dynode wait --current {_new.Address}", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bootstrap a:1", "--from")]
    [InlineData("bootstrap --from a:1", "Required argument missing")]
    [InlineData("bootstrap a --from b:1", "a")]
    [InlineData("bootstrap a:1 --from b", "--from b")]
    [InlineData("bootstrap a:1 --from b:1 --as c", "--as c")]
    [InlineData("bootstrap a:1 --from b:1 --timeout x", "--timeout takes")]
    [InlineData("bootstrap a:1 --from b:1 --timeout 0", "--timeout takes")]
    [InlineData("bootstrap a:1 --from b:1 --username x", "--username goes with --password-file")]
    public void What_is_typed_wrong_is_said(string line, string said)
    {
        Assert.Equal(VerbStatus.Usage, new CommandLine(_output, _error).Run(line.Split(' ')));
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_own_address_of_the_source_is_another_server_where_the_new_one_is()
    {
        Assert.Equal(VerbStatus.No, new CommandLine(_output, _error).Run(["bootstrap", "10.0.0.3:6379", "--from", _from.Address, "--port", $"{_control.Port}"]));
        Assert.Contains("say how it reaches that server, --as HOST:PORT", _error.ToString(), StringComparison.Ordinal);
    }

    private static List<string> Changing(RedisScript redis) => [.. redis.Asked.Where(static line => !line.StartsWith("INFO", StringComparison.Ordinal) && !line.StartsWith("CONFIG GET", StringComparison.Ordinal) && !line.StartsWith("EXISTS", StringComparison.Ordinal) && !line.StartsWith("GET", StringComparison.Ordinal))];

    private static string Mark(string gap = "", string stream = Stream)
    {
        var lanes = new Dynode.Streams.Lanes();
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        return Encoding.ASCII.GetString(new Dynode.Streams.Watermark(stream, 1, 1, 7, 0, gap, table).Write());
    }

    private static byte[] Http(string body) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 Said\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    private int Run(params string[] more) => new CommandLine(_output, _error, new Consent(() => _typed is not null, () => _typed))
        .Run(["bootstrap", _new.Address, "--from", _from.Address, .. more.Contains("-c") ? [] : (string[])["--port", $"{_control.Port}"], .. more]);

    private string Status(bool neverAgain = false)
    {
        bool isBack = _new.WasPromoted && !neverAgain;
        string gap = isBack ? "null" : """{"reason":"Added","first":0}""";
        string added = _hasNew ? $$$""",{"address":"{{{_new.Address}}}","order":"{{{_newOrder}}}","state":"{{{(isBack || !_new.WasPromoted ? "current" : "connecting")}}}","gap":{{{gap}}},"connects":{{{(isBack ? 2 : 1)}}},"place":{"claim":"{{{_newClaim}}}","who":"m, process 7"}}""" : "";
        return $$$"""{"schema":1,"started":"2026","sampled_seconds_ago":0,"ordered_log":{"identity":"{{{Stream}}}"},"servers":[{"address":"{{{_fromListed ?? _from.Address}}}","order":"enabled","state":"{{{_fromState}}}","gap":{{{_fromGap}}},"connects":1,"place":{"claim":"{{{_fromClaim}}}"}}{{{added}}}]}""";
    }
}
