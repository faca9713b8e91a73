using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>A user need not be allowed to ask a server how it is: that it says so is enough, and what it refuses for a while arrives later, once.</summary>
[Trait("Server", "redis")]
public sealed class RestrictedUserTests
{
    private const int Untold = 1512;
    private const int Count = 200;

    [Theory]
    [InlineData("+@read +@write", true)]
    [InlineData("+@all -@dangerous", true)]
    [InlineData("+@all -ping", true)]
    [InlineData("+@all -info", true)]
    [InlineData("+@all", false)]
    public async Task Who_may_write_is_served_and_what_is_not_known_is_said_once(string rules, bool isSaid)
    {
        using var redis = await StartAsync(rules);
        using var client = await redis.ConnectAsync();
        Assert.Equal("+OK", (await client.AskAsync("SET", "k", "v")).ToString());
        await redis.AskAsync(redis.Servers[0], "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await Eventually.Equal(2L, () => redis.Of(redis.Servers[0]).Connects, redis.Broadcaster.Dump);
        await redis.CurrentAsync();
        Assert.Equal("v", (await client.AskAsync("GET", "k")).Text);
        Assert.Equal(isSaid ? 1 : 0, redis.Broadcaster.Log.Count(Untold));
    }

    /// <summary>It is busy with a script until it is told to end it.</summary>
    [Theory]
    [InlineData("+@read +@write")]
    [InlineData("+@all -ping")]
    [InlineData("+@all")]
    public async Task While_a_server_is_busy_for_long_nothing_is_lost_and_nothing_comes_twice(string rules)
    {
        using var redis = await StartAsync(rules, "--busy-reply-threshold", "50");
        var server = redis.Servers[0];
        using var client = await redis.ConnectAsync();
        Assert.Equal(1, (await client.AskAsync("INCR", "n")).Number);
        using var script = await KeepBusyAsync(redis);
        for (int i = 1; i < Count; i++) await client.SendAsync(RespClient.Request("INCR", "n"));

        // Several attempts, each refused.
        long before = redis.Of(server).ConnectionsLost + redis.Of(server).ConnectFailures;
        await Eventually.True(() => redis.Of(server).ConnectionsLost + redis.Of(server).ConnectFailures >= before + 3, redis.Broadcaster.Dump);
        Assert.Equal("+OK", (await redis.AskAsync(server, "SCRIPT", "KILL")).ToString());
        await client.ReadAsync(Count - 1);
        await redis.CurrentAsync();
        Assert.Equal($"{Count}", (await redis.AskAsync(server, "GET", "n")).Text);
        Assert.Equal(0, redis.Of(server).DroppedRequests);
        Assert.Null(redis.Of(server).Standing!.Gap);
    }

    [Theory]
    [InlineData("+@all")]
    [InlineData("+@all -ping")]
    public async Task A_lone_script_at_a_busy_server_is_neither_lost_nor_done_twice(string rules)
    {
        using var redis = await StartAsync(rules, "--busy-reply-threshold", "50");
        var server = redis.Servers[0];
        using var client = await redis.ConnectAsync();
        using var script = await KeepBusyAsync(redis);
        long lost = redis.Of(server).ConnectionsLost;
        await client.SendAsync(RespClient.Request("EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"));
        await Eventually.True(() => redis.Of(server).ConnectionsLost > lost, redis.Broadcaster.Dump);
        Assert.Equal("+OK", (await redis.AskAsync(server, "SCRIPT", "KILL")).ToString());
        await client.ReadAsync();
        await redis.CurrentAsync();
        Assert.Equal("1", (await redis.AskAsync(server, "GET", "n")).Text);
    }

    [Fact]
    public async Task A_lone_script_at_a_server_that_has_become_a_replica_is_neither_lost_nor_done_twice()
    {
        using var nobody = new PortLease();
        using var redis = await StartAsync("+@all");
        var server = redis.Servers[0];
        using var client = await redis.ConnectAsync();
        Assert.Equal(1, (await client.AskAsync("INCR", "n")).Number);
        await redis.AskAsync(server, "REPLICAOF", "127.0.0.1", $"{nobody.Port}");
        await client.SendAsync(RespClient.Request("EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"));
        await Eventually.True(() => redis.Of(server).ConnectionsLost > 0, redis.Broadcaster.Dump);
        await redis.AskAsync(server, "REPLICAOF", "NO", "ONE");
        await client.ReadAsync();
        await redis.CurrentAsync();
        Assert.Equal("2", (await redis.AskAsync(server, "GET", "n")).Text);
    }

    [Theory]
    [InlineData("+@read +@write")]
    [InlineData("+@all")]
    public async Task While_a_server_reads_its_data_nothing_is_lost_and_nothing_comes_twice(string rules)
    {
        using var redis = await StartAsync(rules, "--key-load-delay", "300", "--appendfsync", "always");
        var server = redis.Servers[0];
        using var client = await redis.ConnectAsync();
        await client.AskAllAsync([.. Enumerable.Range(0, 8000).Select(i => new[] { "SET", $"{i}", "x" })]);
        await server.KillAsync();
        var starting = server.StartAsync();
        for (int i = 0; i < Count; i++) await client.SendAsync(RespClient.Request("INCR", "n"));
        await starting;
        await client.ReadAsync(Count);
        await redis.CurrentAsync();
        Assert.Equal($"{Count}", (await redis.AskAsync(server, "GET", "n")).Text);
    }

    private static Task<RedisBroadcast> StartAsync(string rules, params string[] arguments) => RedisBroadcast.StartAsync(
        RedisBroadcast.Settings with { Framing = new() { BackendUsername = "app", BackendPassword = "pw" } },
        [["--user", "app", "on", ">pw", "~*", "&*", .. rules.Split(' '), .. arguments]]);

    /// <summary>Runs a script that does not end, until the server says so to others.</summary>
    private static async Task<RespClient> KeepBusyAsync(RedisBroadcast redis)
    {
        var script = await RespClient.ConnectAsync(redis.Servers[0].Port);
        await script.SendAsync(RespClient.Request("EVAL", "while true do end", "0"));
        using var limit = new CancellationTokenSource(Deadline.Default);
        while (!(await redis.AskAsync(redis.Servers[0], "GET", "n")).ToString().StartsWith("-BUSY", StringComparison.Ordinal))
            limit.Token.ThrowIfCancellationRequested();
        return script;
    }
}
