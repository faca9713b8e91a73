using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>Catch up, and at least once: what a real redis-server gets that was away, and what it gets twice.</summary>
[Trait("Server", "redis")]
public sealed class CatchUpTests
{
    private const int CatchesUp = 1501;
    private const int CaughtUp = 1502;

    [Fact]
    public async Task A_server_that_was_down_within_the_backlog_gets_all_that_it_missed_in_order_before_anything_newer()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
        var late = redis.Servers[1];
        using var client = await redis.ConnectAsync();
        await client.AskAllAsync(Pushes(0, 100));
        await redis.CurrentAsync();
        await late.KillAsync();
        await Eventually.True(() => redis.Of(late).State == BackendState.Down, redis.Broadcaster.Dump);
        using (var other = await redis.ConnectAsync(5))
        {
            await client.AskAllAsync(Pushes(100, 2_000));
            await other.AskAllAsync(Pushes(0, 500));
            await client.AskAllAsync(Pushes(2_100, 500));
        }

        Assert.InRange(redis.Of(late).Standing!.LagRequests, 3_000, 3_010);
        await Task.WhenAll(late.StartAsync(), client.AskAllAsync(Pushes(2_600, 2_000)));
        await redis.EqualAsync();
        Assert.Equal(Enumerable.Range(0, 4_600).Select(i => $"{i}"), await redis.ListAsync(late, "list"));
        Assert.Equal((0L, 0L, null), (redis.Of(late).Repeats, redis.Of(late).DroppedRequests, redis.Of(late).Standing!.Gap));
        Assert.Contains(redis.Broadcaster.Log.Of(CatchesUp), line => line.Contains(late.Address, StringComparison.Ordinal));
        Assert.Contains(redis.Broadcaster.Log.Of(CaughtUp), line => line.Contains(late.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_server_was_sent_and_did_not_answer_is_sent_to_it_again_and_counted()
    {
        const int Increments = 500;
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
        var halted = redis.Servers[2];
        halted.Process.Send(UnixSignal.Stop);
        using var client = await redis.ConnectAsync();
        Assert.Equal(Increments, (await client.AskAllAsync([.. Enumerable.Repeat<string[]>(["INCR", "number"], Increments)]))[^1].Number);
        await Eventually.True(() => redis.Of(halted).Standing!.InFlight == Increments, redis.Broadcaster.Dump);

        // Of what its kernel held it has read nothing.
        await halted.KillAsync();
        await halted.StartAsync();
        await redis.EqualAsync();
        Assert.Equal($"{Increments}", (await redis.AskAsync(halted, "GET", "number")).Text);
        Assert.Equal(Increments, redis.Of(halted).Repeats);
        Assert.Equal(0, redis.Of(redis.Servers[0]).Repeats);
    }

    [Fact]
    public async Task Nobody_reads_lines_of_a_value_as_requests_however_often_connections_break()
    {
        const int Clients = 4;
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Primary, RedisBroadcast.DurableArguments);
        string value = string.Concat(Enumerable.Repeat("\r\nFLUSHALL\r\n*1\r\n$8\r\nFLUSHALL\r\n", 4_000));
        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(0, Clients).Select(async number =>
        {
            using var client = await redis.ConnectAsync();
            for (int i = 0; !stop.IsCancellationRequested; i++)
                Assert.Equal("+OK", (await client.AskAsync("SET", $"{number}:{i % 5}", value + i)).ToString());
        }).ToArray();
        for (int i = 0; i < 3; i++)
        {
            long before = redis.Snapshot.Requests;
            await Eventually.True(() => redis.Snapshot.Requests > before + 40 || writing.Any(task => task.IsFaulted), redis.Broadcaster.Dump);

            // One client goes in the midst of a value as well.
            using (var leaver = await redis.ConnectAsync()) await leaver.SendAsync(RespClient.Request("SET", "half", value).AsMemory(0, 70_000));
            await redis.Servers[1].KillAsync();
            await redis.Servers[1].StartAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await redis.EqualAsync();
        foreach (var server in redis.Servers)
        {
            Assert.DoesNotContain("flushall", (await redis.AskAsync(server, "INFO", "commandstats")).Text, StringComparison.Ordinal);
            Assert.Equal(0, (await redis.AskAsync(server, "EXISTS", "half")).Number);
        }
    }

    private static string[][] Pushes(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new[] { "RPUSH", "list", $"{i}" })];
}
