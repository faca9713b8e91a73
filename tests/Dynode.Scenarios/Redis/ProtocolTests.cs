using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>RESP2 or RESP3 is each client's own choice, though all share one connection to each server; no reply ever comes in another form than its client chose.</summary>
[Trait("Server", "redis")]
public sealed class ProtocolTests
{
    private const string NoProto = "-NOPROTO unsupported protocol version";

    // As redis before 6, and as one whose operator took the command away.
    private static readonly string[] Resp2Alone = ["--rename-command", "HELLO", ""];

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public Task Clients_of_both_at_once_get_each_its_own_form(FramedReply reply) => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        int[] seeds = [.. Enumerable.Range(0, 12).Select(_ => random.Next())];
        await Task.WhenAll(seeds.Select((seed, number) => SpeakAsync(redis, number, new Random(seed))));
        await redis.EqualAsync();
        redis.NothingLost();
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task A_server_that_restarts_in_the_midst_goes_on_in_the_right_protocol_and_database(int killed) => Seed.RunAsync(async random =>
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
        int[] seeds = [.. Enumerable.Range(0, 12).Select(_ => random.Next())];
        var speaking = Task.WhenAll(seeds.Select((seed, number) => SpeakAsync(redis, number, new Random(seed))));
        for (int i = 0; i < 4; i++)
        {
            long before = redis.Snapshot.Requests;
            await Eventually.True(() => redis.Snapshot.Requests > before + 100 || speaking.IsCompleted, redis.Broadcaster.Dump);
            await redis.Servers[killed].KillAsync();
            await redis.Servers[killed].StartAsync();
        }

        await speaking;
        await redis.EqualAsync();
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.DroppedRequests, backend.Divergences)));
    });

    [Fact]
    public async Task A_log_whose_clients_speak_alike_holds_one_request_of_ours_and_where_no_reply_is_seen_none()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary);
        using var first = await redis.ConnectAsync();
        using var second = await redis.ConnectAsync();
        foreach (var client in (RespClient[])[first, second]) Assert.Equal('%', (await client.AskAsync("HELLO", "3")).Kind);
        Assert.Equal(0, redis.Snapshot.Requests);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(i + 1, (await first.AskAsync("INCR", "first")).Number);
            Assert.Equal('_', (await second.AskAsync("GET", "none")).Kind);
        }

        Assert.Equal(101, redis.Snapshot.Requests);

        // A third speaks RESP2 and sees nothing: whatever protocol is in force will do.
        using var third = await redis.ConnectAsync();
        await third.SendAsync(RespClient.Request("CLIENT", "REPLY", "OFF"));
        for (int i = 0; i < 20; i++)
        {
            await third.SendAsync(RespClient.Request("INCR", "third"));
            Assert.Equal(i + 51, (await first.AskAsync("INCR", "first")).Number);
        }

        await Eventually.Equal(141, () => redis.Snapshot.Requests, redis.Broadcaster.Dump);
        await third.SendAsync(RespClient.Request("CLIENT", "REPLY", "ON"));
        Assert.Equal("+OK", (await third.ReadAsync()).ToString());
        Assert.Equal("$20", (await third.AskAsync("GET", "third")).ToString());
        Assert.Equal(('$', true), await third.AskAsync("GET", "none") is var nil ? (nil.Kind, nil.IsNil) : default);
        Assert.Equal(144, redis.Snapshot.Requests);
        await redis.EqualAsync();
        redis.NothingLost();
    }

    [Fact]
    public async Task What_its_servers_are_is_told_by_HELLO()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary);
        using var direct = await RespClient.ConnectAsync(redis.Servers[0].Port);
        using var client = await redis.ConnectAsync();
        foreach (string version in (string[])["3", "2"])
        {
            var expected = await direct.AskAsync("HELLO", version);
            var actual = await client.AskAsync("HELLO", version);
            Assert.Equal((expected.Kind, expected.Items!.Length), (actual.Kind, actual.Items!.Length));
            Assert.Equal(expected.Items[..6].Select(item => item.ToString()), actual.Items[..6].Select(item => item.ToString()));
        }
    }

    [Fact]
    public async Task Where_a_current_server_speaks_RESP2_alone_HELLO_3_is_refused_and_nothing_else_happens()
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings, [], Resp2Alone);
        using var client = await redis.ConnectAsync();
        Assert.Equal(NoProto, (await client.AskAsync("HELLO", "3")).ToString());
        Assert.Equal(NoProto, (await client.AskAsync("HELLO", "3", "AUTH", "default", "x", "SETNAME", "me")).ToString());
        Assert.True((await client.AskAsync("CLIENT", "GETNAME")).IsNil);
        Assert.Equal("+OK", (await client.AskAsync("SET", "a", "1")).ToString());
        Assert.Equal('*', (await client.AskAsync("HELLO", "2")).Kind);
        Assert.Equal('*', (await client.AskAsync("HGETALL", "none")).Kind);
        Assert.Equal(2, redis.Snapshot.Requests);
        await redis.EqualAsync();
        redis.NothingLost();
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Every)]
    public async Task A_server_of_RESP2_alone_that_comes_later_carries_out_what_RESP3_clients_ask_and_has_no_vote_on_it(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { FramedReply = reply }, Resp2Alone, []);
        var old = redis.Servers[0];
        await old.KillAsync();
        await Eventually.True(() => redis.Of(old).Standing is { IsCurrent: false }, redis.Broadcaster.Dump);
        using var client = await redis.ConnectAsync();
        using var other = await redis.ConnectAsync();
        Assert.Equal('%', (await client.AskAsync("HELLO", "3")).Kind);
        Assert.Equal("+OK", (await client.AskAsync("SET", "before", "x")).ToString());
        await old.StartAsync();
        await redis.CurrentAsync();
        Assert.Equal(NoProto, (await other.AskAsync("HELLO", "3")).ToString());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(":1", (await client.AskAsync("SADD", "set", $"{i}")).ToString());
            Assert.Equal(('~', i + 1), await ItemsAsync(client, "SMEMBERS", "set"));
            Assert.Equal('_', (await client.AskAsync("GET", "none")).Kind);
            Assert.Equal(('*', i + 1), await ItemsAsync(other, "SMEMBERS", "set"));
            Assert.Equal(":1", (await other.AskAsync("SADD", "more", $"{i}")).ToString());
        }

        await redis.EqualAsync();
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.Divergences, backend.DroppedRequests)));
        Assert.Equal("x", (await redis.AskAsync(old, "GET", "before")).Text);
    }

    [Fact]
    public async Task Where_no_other_server_is_left_RESP3_clients_are_told_so_and_what_they_ask_is_done()
    {
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings, Resp2Alone);
        var old = redis.Servers[0];
        await old.KillAsync();
        await Eventually.True(() => redis.Of(old).Standing is { IsCurrent: false }, redis.Broadcaster.Dump);
        using var client = await redis.ConnectAsync();
        Assert.Equal('%', (await client.AskAsync("HELLO", "3")).Kind);
        await old.StartAsync();
        await redis.CurrentAsync();
        var reply = await client.AskAsync("SET", "a", "1");
        Assert.Contains("no server is current that speaks the protocol", reply.ToString(), StringComparison.Ordinal);
        await redis.CurrentAsync();
        Assert.Equal("1", (await redis.AskAsync(old, "GET", "a")).Text);
        Assert.Equal('*', (await client.AskAsync("HELLO", "2")).Kind);
        Assert.Equal("$1", (await client.AskAsync("GET", "a")).ToString());
        Assert.All(redis.Snapshot.Backends, backend => Assert.Equal((0L, 0L), (backend.Divergences, backend.DroppedRequests)));
    }

    /// <summary>A redis asks no permission for HELLO, as for AUTH.</summary>
    [Theory]
    [InlineData("+@all -hello")]
    [InlineData("+@read +@write")]
    [InlineData("+@all -@connection +select")]
    public async Task A_user_who_may_do_little_has_both_all_the_same(string rules)
    {
        using var redis = await RedisBroadcast.StartAsync(
            RedisBroadcast.Settings with { Framing = new() { BackendUsername = "app", BackendPassword = "pw" } },
            [["--user", "app", "on", ">pw", "~*", "&*", .. rules.Split(' ')]]);
        using var older = await redis.ConnectAsync();
        using var newer = await redis.ConnectAsync();
        Assert.Equal('%', (await newer.AskAsync("HELLO", "3")).Kind);
        for (int i = 1; i < 20; i++)
        {
            Assert.Equal(":1", (await older.AskAsync("SADD", "set", $"{i}")).ToString());
            Assert.Equal(('~', i), await ItemsAsync(newer, "SMEMBERS", "set"));
            Assert.Equal(('*', i), await ItemsAsync(older, "SMEMBERS", "set"));
        }

        await redis.CurrentAsync();
        redis.NothingLost();
    }

    /// <summary>HELLO is carried out by a server that refuses everything else: that it was proves nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_a_server_is_busy_or_reads_its_data_requests_of_both_are_neither_lost_nor_done_twice(bool isBusy)
    {
        const int Count = 100;
        using var redis = await RedisBroadcast.StartAsync(
            RedisBroadcast.Settings,
            ["--busy-reply-threshold", "50", "--key-load-delay", isBusy ? "0" : "300", "--appendonly", "yes", "--appendfsync", "always"]);
        var server = redis.Servers[0];
        using var older = await redis.ConnectAsync();
        using var newer = await redis.ConnectAsync();
        Assert.Equal('%', (await newer.AskAsync("HELLO", "3")).Kind);
        await older.AskAllAsync([.. Enumerable.Range(0, isBusy ? 1 : 8000).Select(i => new[] { "SET", $"{i}", "x" })]);
        using var script = await RespClient.ConnectAsync(server.Port);
        var starting = Task.CompletedTask;
        if (isBusy)
        {
            await script.SendAsync(RespClient.Request("EVAL", "while true do end", "0"));
            using var limit = new CancellationTokenSource(Deadline.Default);
            while (!(await redis.AskAsync(server, "GET", "n")).ToString().StartsWith("-BUSY", StringComparison.Ordinal)) limit.Token.ThrowIfCancellationRequested();
        }
        else
        {
            await server.KillAsync();
            starting = server.StartAsync();
        }

        for (int i = 0; i < Count; i++)
        {
            await older.SendAsync(RespClient.Request("INCR", "n"));
            await newer.SendAsync(RespClient.Request("EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"));
        }

        if (isBusy)
        {
            long before = redis.Of(server).ConnectionsLost + redis.Of(server).ConnectFailures;
            await Eventually.True(() => redis.Of(server).ConnectionsLost + redis.Of(server).ConnectFailures > before, redis.Broadcaster.Dump);
            Assert.Equal("+OK", (await redis.AskAsync(server, "SCRIPT", "KILL")).ToString());
        }

        await starting;
        await older.ReadAsync(Count);
        await newer.ReadAsync(Count);
        await redis.CurrentAsync();
        Assert.Equal($"{2 * Count}", (await redis.AskAsync(server, "GET", "n")).Text);
        Assert.Equal('_', (await newer.AskAsync("GET", "none")).Kind);
        Assert.Equal('$', (await older.AskAsync("GET", "none")).Kind);
        Assert.Equal(0, redis.Of(server).DroppedRequests);
        Assert.Null(redis.Of(server).Standing!.Gap);
    }

    [Fact]
    public async Task Under_all_each_of_a_clients_replies_is_in_its_own_form()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.All);
        using var older = await redis.ConnectAsync();
        using var newer = await redis.ConnectAsync();
        Assert.Equal('%', (await newer.AskAsync("HELLO", "3", "AUTH", "default", "any", "SETNAME", "me")).Kind);
        Assert.Equal("$me", (await newer.AskAsync("CLIENT", "GETNAME")).ToString());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(":::", await FormsAsync(older, "SADD", "set", $"{i}"));
            Assert.Equal("~~~", await FormsAsync(newer, "SMEMBERS", "set"));
            Assert.Equal("***", await FormsAsync(older, "SMEMBERS", "set"));
            Assert.Equal("___", await FormsAsync(newer, "GET", "none"));
        }

        Assert.Equal("+RESET", (await newer.AskAsync("RESET")).ToString());
        Assert.Equal("***", await FormsAsync(newer, "SMEMBERS", "set"));
        await redis.EqualAsync();
        redis.NothingLost();

        static async Task<string> FormsAsync(RespClient client, params string[] request)
        {
            await client.SendAsync(RespClient.Request(request));
            return string.Concat((await client.ReadAsync(3)).Select(reply => reply.Kind));
        }
    }

    [Fact]
    public async Task HELLO_inside_MULTI_is_refused_and_the_rest_of_the_transaction_with_it()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary);
        using var client = await redis.ConnectAsync();
        Assert.Equal('%', (await client.AskAsync("HELLO", "3")).Kind);
        var answers = await client.AskAllAsync([["MULTI"], ["SET", "a", "1"], ["HELLO", "2"], ["EXEC"], ["GET", "a"], ["RESET"], ["GET", "a"]]);
        Assert.StartsWith("-ERR HELLO is refused inside MULTI", answers[2].ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", answers[3].ToString(), StringComparison.Ordinal);
        Assert.Equal('_', answers[4].Kind);
        Assert.Equal("+RESET", answers[5].ToString());
        Assert.Equal(('$', true), (answers[6].Kind, answers[6].IsNil));
        redis.NothingLost();
    }

    private static async Task<(char Kind, int Count)> ItemsAsync(RespClient client, params string[] request)
    {
        var reply = await client.AskAsync(request);
        return (reply.Kind, reply.Items!.Length);
    }

    /// <summary>A client that goes from one protocol to the other, and from database to database, in pipelines, and looks at the form of all that it is answered.</summary>
    private static async Task SpeakAsync(RedisBroadcast redis, int number, Random random)
    {
        using var client = await redis.ConnectAsync();
        bool resp3 = false;
        for (int round = 0; round < 60; round++)
        {
            var requests = new List<string[]>();
            var wanted = new List<string>();
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                string key = $"{number}:{random.Next(3)}";
                switch (random.Next(8))
                {
                    case 0 when number % 3 == 0:
                        resp3 = random.Next(2) == 0;
                        Add(resp3 ? "%" : "*", "HELLO", resp3 ? "3" : "2");
                        break;
                    case 0 when number % 3 == 1 && !resp3:
                        resp3 = true;
                        Add("%", "HELLO", "3");
                        break;
                    case 1:
                        Add("+", "SELECT", random.Next(4).ToString(CultureInfo.InvariantCulture));
                        break;
                    case 2:
                        Add("+", "MULTI");
                        Add("+", "HSET", $"hash {key}", "a", "1");
                        Add("+", "HGETALL", $"hash {key}");
                        requests.Add(["EXEC"]);
                        wanted.Add(resp3 ? "* %" : "* *");
                        break;
                    case 3:
                        Add(resp3 ? "%" : "*", "HGETALL", $"hash {key}");
                        break;
                    case 4:
                        Add(resp3 ? "~" : "*", "SMEMBERS", $"set {key}");
                        break;
                    case 5:
                        Add("+", "SET", $"text {key}", "x");
                        Add(resp3 ? "_" : "$-", "GET", $"none {key}");
                        break;
                    case 6:
                        Add("+", "SET", $"text {key}", "y");
                        break;
                    default:
                        Add(resp3 ? "_" : "$-", "ZSCORE", $"none {key}", "a");
                        break;
                }
            }

            var replies = await client.AskAllAsync(requests);
            Assert.Equal(wanted, replies.Select((reply, i) => FormOf(reply, requests[i][0])));

            void Add(string form, params string[] request)
            {
                requests.Add(request);
                wanted.Add(form);
            }
        }
    }

    private static string FormOf(RespReply reply, string name) =>
        name == "EXEC" ? $"{reply.Kind} {reply.Items![1].Kind}" : reply is { Kind: '$', IsNil: true } ? "$-" : $"{reply.Kind}";
}
