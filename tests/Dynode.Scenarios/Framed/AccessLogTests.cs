using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>The access log of framed clients: one line when one ends, whose reason is of a closed set and counted alike; and one in so many requests.</summary>
public sealed class AccessLogTests
{
    private const int Left = 1601, Request = 1603;

    private static readonly BroadcastSettings Settings = Asking.Redis with { AccessLog = AccessLogging.Connections };

    [Fact]
    public async Task A_client_that_ends_has_one_line_with_what_it_did()
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Settings, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        Assert.Equal("22", await client.AskAsync("GET 22"));
        client.ShutdownSend();
        await client.ReadToEndAsync();
        string line = await LineAsync(broadcaster, EndReason.Client);
        Assert.Matches($@"^client {client.LocalEndPoint} ended: client \(closed by the client\), [0-9.E-]+ s, 2 requests, 15 bytes in, 15 bytes out$", line);
    }

    [Fact]
    public async Task One_that_asks_for_the_end_has_ended_by_itself() =>
        await EndsAsync(Settings, EndReason.Client, async (client, _) => Assert.Equal("+OK", await client.AskAsync("QUIT")));

    [Fact]
    public async Task One_that_breaks_off_has_reset() => await EndsAsync(Settings, EndReason.Reset, static (client, _) =>
    {
        client.Reset();
        return Task.CompletedTask;
    });

    [Fact]
    public async Task One_that_is_silent_is_idle() =>
        await EndsAsync(Settings with { IdleTimeout = TimeSpan.FromSeconds(0.1) }, EndReason.Idle, static async (client, _) => await client.ReadToEndAsync());

    [Fact]
    public async Task One_that_speaks_another_protocol_is_malformed() =>
        await EndsAsync(Settings, EndReason.Malformed, static async (client, _) =>
        {
            await client.SendAsync("*x\r\n");
            await client.ReadToEndAsync();
        });

    /// <summary>The first reason counts: what the client does with our FIN is its own affair.</summary>
    [Fact]
    public async Task One_that_answers_our_end_with_a_reset_was_ended_by_us() =>
        await EndsAsync(Settings, EndReason.Malformed, static async (client, _) =>
        {
            await client.SendAsync("*x\r\n");
            await client.ReadToEndAsync();
            client.Reset();
        });

    [Fact]
    public async Task One_that_an_operator_closes_is_his() => await EndsAsync(Settings, EndReason.Operator, static async (client, broadcaster) =>
    {
        Assert.True(broadcaster.Door.TryCloseClient(Assert.Single(broadcaster.Door.Clients()).Id));
        await client.ReadToEndAsync();
    });

    [Fact]
    public async Task One_that_is_there_at_the_end_is_drained() =>
        await EndsAsync(Settings, EndReason.Drain, static async (_, broadcaster) => await broadcaster.DrainAsync());

    [Fact]
    public async Task One_that_takes_nothing_is_timed_out()
    {
        using var server = FramedServer.Redis();
        server.Script = server.Script with { Default = Reply.Bulk(new string('v', 100_000)) };
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { WriteTimeout = TimeSpan.FromSeconds(1) }, [server.Address]);
        using var deaf = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        for (int i = 0; i < 100; i++)
            await deaf.SendAsync("GET large\r\n");

        // Its FIN is none of the reasons: it is not what ends it.
        deaf.ShutdownSend();
        await LineAsync(broadcaster, EndReason.WriteTimeout);
    }

    [Fact]
    public async Task One_whose_server_dies_in_the_midst_of_its_reply_lost_it()
    {
        using var server = FramedServer.Redis();
        server.Script = server.Script with { Default = Reply.Bulk(new string('v', 64 << 20)) };
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { WriteTimeout = TimeSpan.Zero }, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await TestClient.ConnectAsync(broadcaster.Port, receiveBufferBytes: 4096);
        await client.SendAsync("GET large\r\n");
        await Eventually.True(() => broadcaster.Snapshot.RelayedBytes > 0, broadcaster.Dump);
        server.Script = server.Script with { Default = null };
        server.Kill();
        await client.ReadToEndAsync();
        await LineAsync(broadcaster, EndReason.Server);
    }

    [Fact]
    public async Task Where_it_is_off_nothing_is_said_and_all_is_counted_and_a_reload_changes_both()
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await broadcaster.CurrentAsync(server);
        (await broadcaster.ConnectAsync()).Dispose();
        await Eventually.True(() => broadcaster.Snapshot is { Accepted: 1, Clients: 0 }, broadcaster.Dump);
        Assert.Equal((0, 1), (broadcaster.Log.Count(Left), broadcaster.Snapshot.Ended.Sum()));
        broadcaster.Door.Apply(Asking.Redis with { AccessLog = AccessLogging.Requests, AccessLogSample = 2 });
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 5; i++)
            await client.AskAsync($"GET {i}");
        Assert.Equal(2, broadcaster.Log.Count(Request));
        broadcaster.Door.Apply(Asking.Redis);
        for (int i = 0; i < 5; i++)
            await client.AskAsync($"GET {i}");
        Assert.Equal(2, broadcaster.Log.Count(Request));
    }

    /// <summary>Whatever way a request takes into the log: short, longer than a page, in a transaction, with a reply that comes in pieces, with none.</summary>
    [Fact]
    public async Task A_request_has_a_line_with_its_name_and_whose_answer_it_got()
    {
        using var server = FramedServer.Redis(new() { Answer = request => request.Name == "GET" ? Reply.Bulk(new string('v', 300_000)) : null });
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { AccessLog = AccessLogging.Requests }, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.AskAsync("SET short 1");
        string value = new('v', 200_000);
        await client.SendAsync($"*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$200000\r\n{value}\r\n");
        await client.ReadReplyAsync();
        await client.AskAsync("GET inpieces");
        await client.AskAsync("CLIENT REPLY SKIP\r\nSET unseen 1\r\nSET \"e\\nnd\" 1");
        await Eventually.Equal(5, () => broadcaster.Log.Count(Request), broadcaster.Dump);
        string[] lines = [.. broadcaster.Log.Of(Request)];
        string who = $"of {client.LocalEndPoint}";
        Assert.Matches($@"^request 0 {who}: SET short, \d+ bytes, [0-9.E-]+ s, answered by {server.Address}$", lines[0]);
        Assert.Matches($@"^request 1 {who}: SET long, 200034 bytes, [0-9.E-]+ s, answered by {server.Address}$", lines[1]);
        Assert.Matches($@"^request 2 {who}: GET inpieces, \d+ bytes, [0-9.E-]+ s, answered by {server.Address}$", lines[2]);
        Assert.Matches($@"^request 3 {who}: SET unseen, \d+ bytes, 0 s, answered by nobody$", lines[3]);
        Assert.DoesNotContain('\n', lines[4]);
    }

    [Fact]
    public async Task Where_no_client_is_answered_each_request_has_its_line_when_it_enters_the_log()
    {
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { AccessLog = AccessLogging.Requests, FramedReply = Broadcast.Plane.FramedReply.None }, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(["SET a 1", "SET b 2"]);
        await Eventually.Equal(2, () => broadcaster.Log.Count(Request), broadcaster.Dump);
        Assert.All(broadcaster.Log.Of(Request), static line => Assert.EndsWith("0 s, answered by nobody", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SUBSCRIBE c", 1)]
    [InlineData("BLPOP q 0", 1)]
    [InlineData("EXEC", 1)]
    [InlineData("PING", 0)]
    [InlineData("SET a 1", 0)]
    public async Task What_is_refused_is_counted_among_our_own_errors(string request, long refused)
    {
        using var server = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.StartsWith(refused > 0 ? "-" : "+", await client.AskAsync(request), StringComparison.Ordinal);
        Assert.Equal(refused, broadcaster.Snapshot.Errors.Single(error => error.Reason == ErrorReason.Refused).Requests);
    }

    private static async Task EndsAsync(BroadcastSettings settings, EndReason reason, Func<TestClient, BroadcasterUnderTest, Task> end)
    {
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(settings, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        await end(client, broadcaster);
        await LineAsync(broadcaster, reason);
    }

    /// <summary>The only client has ended so, and is counted so and in no other way.</summary>
    private static async Task<string> LineAsync(BroadcasterUnderTest broadcaster, EndReason reason)
    {
        await Eventually.Equal(1, () => broadcaster.Log.Count(Left), broadcaster.Dump);
        string line = broadcaster.Log.Of(Left).Single();
        Assert.Contains($" ended: {reason.Word()} (", line, StringComparison.Ordinal);
        Assert.Equal((1, 1), (broadcaster.Snapshot.Ended[(int)reason], broadcaster.Snapshot.Ended.Sum()));
        return line;
    }
}
