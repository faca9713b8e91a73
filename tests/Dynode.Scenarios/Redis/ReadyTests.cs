using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>A server is used when it is ready, not when it can merely be reached.</summary>
[Trait("Server", "redis")]
public sealed class ReadyTests
{
    private const int Down = 1102;

    [Fact]
    public async Task A_server_that_loads_its_data_gets_nothing_until_it_is_done_and_then_all()
    {
        const int Keys = 8_000;

        // Redis's own brake, for its tests: so many microseconds a key.
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings, RedisBroadcast.DurableArguments, ["--key-load-delay", "300"]);
        var loads = redis.Servers[1];
        using var client = await redis.ConnectAsync();
        await client.AskAllAsync([.. Enumerable.Range(0, Keys).Select(i => new[] { "SET", $"{i}", "x" })]);
        await redis.CurrentAsync();
        await loads.KillAsync();
        var starting = loads.StartAsync();
        int written = 0;
        for (; !starting.IsCompleted; written++)
            Assert.Equal(written + 1, (await client.AskAsync("RPUSH", "meanwhile", $"{written}")).Number);
        await starting;
        await redis.EqualAsync();
        Assert.Contains(redis.Broadcaster.Log.Of(Down), line => line.Contains($"{loads.Address} is down: LOADING", StringComparison.Ordinal));
        Assert.Equal(written, (await redis.AskAsync(loads, "LLEN", "meanwhile")).Number);
        Assert.Equal(0, redis.Of(loads).DroppedRequests);
    }

    [Fact]
    public async Task A_read_only_replica_is_not_used_until_it_is_one_no_more()
    {
        using var master = await RedisServer.StartAsync();
        using var redis = await RedisBroadcast.StartOnlyAsync(RedisBroadcast.Settings, ["--replicaof", "127.0.0.1", $"{master.Port}"], []);
        var replica = redis.Servers[0];
        await redis.CurrentAsync(redis.Servers[1]);
        using var client = await redis.ConnectAsync();
        for (int i = 0; i < 50; i++) Assert.Equal(i + 1, (await client.AskAsync("RPUSH", "list", $"{i}")).Number);
        await Eventually.True(() => redis.Of(replica).State == BackendState.Down, redis.Broadcaster.Dump);
        Assert.Contains(redis.Broadcaster.Log.Of(Down), line => line.Contains($"{replica.Address} is down: is a read-only replica", StringComparison.Ordinal));
        Assert.Equal(50, redis.Of(replica).Standing!.LagRequests);

        Assert.Equal("+OK", (await redis.AskAsync(replica, "REPLICAOF", "NO", "ONE")).ToString());
        await redis.EqualAsync();
        Assert.Equal(0, redis.Of(replica).DroppedRequests);
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    public async Task A_server_that_becomes_a_read_only_replica_refuses_nobody_anything_and_misses_nothing(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var nobody = new PortLease();
        var turned = redis.Servers[0];
        using var client = await redis.ConnectAsync();
        for (int i = 0; i < 200; i++)
        {
            // From nobody it can learn nothing: it keeps its data, and takes no writes.
            if (i == 50) Assert.Equal("+OK", (await redis.AskAsync(turned, "REPLICAOF", "127.0.0.1", $"{nobody.Port}")).ToString());
            var replies = await client.AskAllAsync([["RPUSH", "list", $"{i}"], ["LLEN", "list"]]);
            Assert.Equal([i + 1L, i + 1L], replies.Select(answer => answer.Number));
        }

        Assert.Equal(50, (await redis.AskAsync(turned, "LLEN", "list")).Number);
        Assert.Equal("+OK", (await redis.AskAsync(turned, "REPLICAOF", "NO", "ONE")).ToString());
        await redis.EqualAsync();
        Assert.Equal(0, redis.Of(turned).DroppedRequests);
    }
}
