using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Control;

/// <summary>Verbs as they are typed, against answers as a broadcaster gives them.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly ControlServer _server = ControlServer.OnName();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public static TheoryData<string> Readers => ["status", "servers", "clients", "slowlog", "events", "config", "metrics", "gaps"];

    public void Dispose()
    {
        _server.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Status_says_in_one_sentence_who_is_not_current_and_then_in_figures()
    {
        _server.Answer("/status", Statuses.Framed);
        Assert.Equal(VerbStatus.Good, Run("status"));
        Assert.Equal(
            """
            dynode 1.2.0  redis, reply=primary, on 0.0.0.0:9000  serving for 2 d 2 h  pid 71
            2 of 3 servers are not current: 10.0.0.2:6379 (catching up), 10.0.0.3:6379 (down). 1 has missed requests: 10.0.0.3:6379. Clients are answered; what is missed is kept for 1 m more.
            requests  11.8k/s   42 of 65.5k wait   p50 0.4 ms   p99 3.1 ms   14 slow
            clients   412 of 10.0k   3 refused
            traffic   in 1.5 MiB/s   out 1 B/s   (1.0 MiB in, 2.0 KiB out in all)
            memory    102 MiB of 1.0 GiB (10 %)   backlog 1 B, replies 1 B, requests 1 B
            log       32.0 MiB of 64.0 MiB (50 %)   requests 1 to 1200
            list      file+url   4 s old

            SERVER           STATE        BEHIND    BYTES    AGE  CATCH UP  FULL IN       FOR  NOTE
            10.0.0.1:6379 *  current           0      0 B    0 s         -        -      31 s
            10.0.0.2:6379    catching up   12.3k  1.5 MiB  3.2 s      12 s        -  3 m 20 s
            10.0.0.3:6379    down             99    100 B    7 s     never      1 m   1 d 1 h  gap: Backlog, from request 184011902 on; dropped 5; connection refused; tried again in 2.5 s

            TIME                  LEVEL  EVENT  TEXT
            2026-11-28 20:00:00Z  WARN    1301  server 10.0.0.3:6379 is down

            """,
            _output.ToString());
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void In_raw_nothing_is_said_of_votes_requests_gaps_and_log()
    {
        _server.Answer("/status", Statuses.Raw);
        Assert.Equal(VerbStatus.Good, Run("status"));
        Assert.DoesNotContain("requests  ", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("vote", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("The only server is current.", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("dropped 7 B", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(VerbStatus.Good, Run("gaps"));
        Assert.Contains("protocol=raw knows of no gaps", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("servers", "10.0.0.2:6379    catching up")]
    [InlineData("gaps", "10.0.0.3:6379  Backlog      184011902        5  down")]
    public void What_is_of_the_status_is_asked_there(string verb, string line)
    {
        _server.Answer("/status", Statuses.Framed);
        Assert.Equal(VerbStatus.Good, Run(verb));
        Assert.Contains(line, _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clients", "/clients?sort=owed&limit=100")]
    [InlineData("clients --sort age --limit 1000", "/clients?sort=age&limit=1000")]
    [InlineData("clients --sort requests --limit 1", "/clients?sort=requests&limit=1")]
    public void Clients_are_listed_as_they_are_asked_for(string verb, string target)
    {
        _server.Answer(target, """{"schema":1,"total":412,"clients":[{"id":17,"address":"10.0.0.9:51234","age_seconds":12.5,"requests":1200,"received_bytes":1,"relayed_bytes":1,"owed_requests":3,"owed_bytes":120,"held":true}]}""");
        Assert.Equal(VerbStatus.Good, Run(verb.Split(' ')));
        Assert.Equal(
            """
            CLIENT  ADDRESS          FOR  REQUESTS  OWED  OWED BYTES  RECEIVED  RELAYED  NOTE
                17  10.0.0.9:51234  13 s      1.2k     3       120 B       1 B      1 B  held
            1 of 412 clients; --limit N shows more

            """,
            _output.ToString());
    }

    [Fact]
    public void Slow_log_events_and_configuration_are_tables()
    {
        _server.Answer("/slowlog", """{"schema":1,"slow_request_seconds":0.1,"entries":[{"number":184011902,"time":"2026-11-28T20:00:00.123Z","seconds":0.31,"client":"10.0.0.9:51234","verb":"SET","key":"user:1","bytes":120,"waited_for":"10.0.0.2:6379"}]}""");
        _server.Answer("/events", """{"schema":1,"events":[{"time":"2026-11-28T20:00:00Z","level":"ERROR","id":7,"text":"so"}]}""");
        _server.Answer("/config", """{"schema":1,"keys":[{"name":"port","value":"9000","source":"/etc/dynode/configuration:3","set":true},{"name":"servers_autoupdate_url","value":"","source":"default","set":false}]}""");
        Assert.Equal(VerbStatus.Good, Run("slowlog"));
        Assert.Equal(VerbStatus.Good, Run("events"));
        Assert.Equal(VerbStatus.Good, Run("config"));
        Assert.Equal(
            """
            TIME                    TOOK    REQUEST  VERB  BYTES  CLIENT          WAITED FOR     KEY
            2026-11-28 20:00:00Z  310 ms  184011902  SET   120 B  10.0.0.9:51234  10.0.0.2:6379  user:1
            TIME                  LEVEL  EVENT  TEXT
            2026-11-28T20:00:00Z  ERROR      7  so
            KEY                     SOURCE                       VALUE
            port                    /etc/dynode/configuration:3  9000
            servers_autoupdate_url  default                      (empty)

            """,
            _output.ToString());
    }

    [Fact]
    public void An_empty_list_says_so()
    {
        _server.Answer("/slowlog", """{"schema":1,"slow_request_seconds":0.1,"entries":[]}""").Answer("/events", """{"schema":1,"events":[]}""");
        Assert.Equal(VerbStatus.Good, Run("slowlog"));
        Assert.Equal(VerbStatus.Good, Run("events"));
        Assert.Equal("Nothing is in the slow log. No request has taken 100 ms or longer.\nNothing has been warned of.\n", _output.ToString());
    }

    [Theory]
    [InlineData("metrics")]
    [InlineData("status --json")]
    [InlineData("slowlog --json")]
    public void The_broadcaster_s_bytes_are_printed_as_they_are(string verb)
    {
        const string body = "  {\"schema\" : 1,\n\"x\":\"\u00e9\u2026\"}\r\n\n# HELP\n";
        _server.Answer("/" + verb.Split(' ')[0], body);
        Assert.Equal(VerbStatus.Good, Run(verb.Split(' ')));
        Assert.Equal(body, _output.ToString());
    }

    [Theory]
    [InlineData("disable a:1", "/servers/a%3A1/disable")]
    [InlineData("disable A:01 --when-current", "/servers/a%3A1/disable?when_current=true")]
    [InlineData("eject --when-current [::1]:6379", "/servers/%5B%3A%3A1%5D%3A6379/eject?when_current=true")]
    [InlineData("enable a:1", "/servers/a%3A1/enable")]
    [InlineData("add a:1", "/servers/a%3A1/add")]
    [InlineData("remove a:1", "/servers/a%3A1/remove")]
    [InlineData("gaps close", "/gaps/close")]
    [InlineData("gaps close a:1", "/gaps/close?server=a%3A1")]
    [InlineData("adopt all --yes", "/adopt")]
    [InlineData("adopt a:1 B:02 -y", "/adopt?server=a%3A1&server=b%3A2")]
    [InlineData("kick 17", "/clients/17/close")]
    [InlineData("log debug", "/log?level=DEBUG")]
    [InlineData("log DEBUG --for 10m", "/log?level=DEBUG&for_seconds=600")]
    [InlineData("log DEBUG --for 1.5", "/log?level=DEBUG&for_seconds=2")]
    [InlineData("drain", "/drain")]
    [InlineData("reload", "/reload")]
    public void An_order_is_posted_once_and_what_became_of_it_is_printed(string verb, string target)
    {
        _server.Answer(target, """{"changed":true,"text":"it is so\u001b[2J"}""");
        Assert.Equal(VerbStatus.Good, Run(verb.Split(' ')));
        ControlRequest request = Assert.Single(_server.Requests);
        Assert.Equal(("POST", target), (request.Method, request.Target));
        Assert.Contains("Content-Length: 0", request.Head, StringComparison.Ordinal);
        Assert.Equal("it is so\\u001b[2J\n", _output.ToString());
    }

    [Theory]
    [InlineData(400, VerbStatus.No, "says no: it is \\u001b[31mso")]
    [InlineData(404, VerbStatus.No, "says no: it is \\u001b[31mso")]
    [InlineData(409, VerbStatus.No, "says no: it is \\u001b[31mso")]
    [InlineData(401, VerbStatus.NotAllowed, "does not allow it: it is \\u001b[31mso")]
    [InlineData(403, VerbStatus.NotAllowed, "does not allow it: it is \\u001b[31mso")]
    [InlineData(500, VerbStatus.Unavailable, "cannot answer: it is \\u001b[31mso")]
    [InlineData(503, VerbStatus.Unavailable, "cannot answer: it is \\u001b[31mso")]
    public void What_is_refused_is_a_sentence_and_a_status(int status, int expected, string sentence)
    {
        _server.Answer("/servers/a%3A1/disable", """{"error":"it is \u001b[31mso"}""", status).Answer("/slowlog", """{"error":"it is \u001b[31mso"}""", status);
        foreach (string verb in new[] { "disable a:1", "slowlog", "slowlog --json" })
        {
            _error.GetStringBuilder().Clear();
            Assert.Equal(expected, Run(verb.Split(' ')));
            Assert.Equal($"dynode: the broadcaster on port {_server.Port} {sentence}\n", _error.ToString());
            Assert.Equal("", _output.ToString());
        }
    }

    [Fact]
    public void A_reload_that_is_refused_prints_each_fault_and_exits_78()
    {
        _server.Answer("/reload", """{"error":"2 faults; nothing was changed","faults":["/etc/dynode/configuration:3: port=x is no whole number","/etc/dynode/configuration:4: \u001bx"]}""", 422);
        Assert.Equal(VerbStatus.Configuration, Run("reload"));
        Assert.Equal("/etc/dynode/configuration:3: port=x is no whole number\n/etc/dynode/configuration:4: \\u001bx\ndynode: 2 faults; nothing was changed\n", _error.ToString());
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void Where_none_runs_it_is_one_sentence_and_69(string verb)
    {
        using var lease = new PortLease();
        Assert.Equal(VerbStatus.Unavailable, new CommandLine(_output, _error).Run([verb, "--port", $"{lease.Port}"]));
        Assert.StartsWith($"dynode: no answer from the broadcaster on port {lease.Port}: none is running here", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, _error.ToString().Count(c => c == '\n'));
        Assert.Contains($"there is one on port", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:/no/such/folder/socket")]
    [InlineData("127.0.0.1:{0}")]
    public void The_same_where_it_was_said(string at)
    {
        using var lease = new PortLease();
        at = at.Replace("{0}", $"{lease.Port}", StringComparison.Ordinal);
        Assert.Equal(VerbStatus.Unavailable, new CommandLine(_output, _error).Run(["disable", "a:1", "--at", at]));
        Assert.Equal($"dynode: no answer from the broadcaster at {at}: none is running here\n", _error.ToString());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", "what it answers is not HTTP/1.1")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "the connection ended before the whole answer had come")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n{", "its answer is longer than 16 MiB")]
    public void What_is_no_whole_answer_is_none(string answer, string reason)
    {
        _server.AnswerBytes("/status", System.Text.Encoding.UTF8.GetBytes(answer));
        Assert.Equal(VerbStatus.Unavailable, Run("status"));
        Assert.Equal($"dynode: no answer from the broadcaster on port {_server.Port}: {reason}\n", _error.ToString());
    }

    [Fact]
    public void Who_hangs_up_gives_no_answer()
    {
        _server.HangsUp = true;
        Assert.Equal(VerbStatus.Unavailable, Run("status"));
        Assert.Equal($"dynode: no answer from the broadcaster on port {_server.Port}: the connection ended before the whole answer had come\n", _error.ToString());
    }

    [Fact]
    public void An_answer_that_breaks_off_leaves_an_order_unknown()
    {
        _server.AnswerBytes("/drain", "HTTP/1.1 200 OK\r\nContent-Le"u8.ToArray());
        Assert.Equal(VerbStatus.Unavailable, Run("drain"));
        Assert.EndsWith("; it is not known whether the order was carried out\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"schema\":\"1\"}")]
    [InlineData("{} {}")]
    public void Who_answers_otherwise_is_no_broadcaster(string body)
    {
        _server.Answer("/status", body).Answer("/drain", body);
        Assert.Equal(VerbStatus.Unavailable, Run("status"));
        Assert.Equal(VerbStatus.Unavailable, Run("wait", "--ready"));
        Assert.Equal(VerbStatus.Unavailable, Run("drain"));
        Assert.Equal(string.Concat(Enumerable.Repeat($"dynode: who answers on port {_server.Port} is no broadcaster\n", 3)), _error.ToString());
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_answer()
    {
        _server.AnswerBytes("/metrics", [.. "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"u8, 0xff]);
        Assert.Equal(VerbStatus.Unavailable, Run("metrics"));
        Assert.Contains("no UTF-8 text", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"schema\":1}")]
    [InlineData("{\"schema\":1,\"servers\":null,\"clients\":7,\"requests\":[],\"listen\":{},\"not_ready\":\"x\",\"events\":[1,null]}")]
    [InlineData("{\"schema\":1,\"servers\":[{},null,7,{\"address\":7,\"lag\":null,\"gap\":{}},{\"address\":\"\\ud800\",\"dropped\":\"x\"}]}")]
    [InlineData("{\"schema\":2,\"servers\":[{\"state\":\"a_state_of_later\",\"since_seconds\":1e999,\"lag\":{\"bytes\":-1}}]}")]
    public void Whatever_is_missing_or_of_another_kind_breaks_nothing(string status)
    {
        foreach (string route in new[] { "/status", "/clients", "/slowlog", "/events", "/config" })
            _server.Answer(route, status);
        foreach (string verb in new[] { "status", "servers", "clients", "slowlog", "events", "config", "gaps" })
            Assert.Equal(VerbStatus.Good, Run(verb));
        TopSample sample = new() { Status = JsonPart.Parse(System.Text.Encoding.UTF8.GetBytes(status)), Clients = JsonPart.Parse(System.Text.Encoding.UTF8.GetBytes(status)) };
        Assert.Equal(24, TopPage.Lines(sample, new(), TimeSpan.Zero, 80, 24).Count);
    }

    private int Run(params string[] args) => new CommandLine(_output, _error).Run([.. args, "--port", $"{_server.Port}"]);
}
