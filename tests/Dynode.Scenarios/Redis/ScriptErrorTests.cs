using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>What a script returns is its own word: no server is left for it, and nothing that was carried out is sent again.</summary>
[Trait("Server", "redis")]
public sealed class ScriptErrorTests
{
    private const string Script = "redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])";

    [Theory]
    [InlineData("LOCKED the resource is locked", FramedReply.Primary)]
    [InlineData("BUSY the resource is locked", FramedReply.Primary)]
    [InlineData("BUSY the resource is locked", FramedReply.Every)]
    [InlineData("READONLY not yours", FramedReply.Majority)]
    [InlineData("LOADING come later", FramedReply.Primary)]
    [InlineData("NOAUTH who are you", FramedReply.Primary)]
    [InlineData("MASTERDOWN x", FramedReply.Primary)]
    // To the letter what a redis-server says of itself.
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", FramedReply.Primary)]
    [InlineData("LOADING Redis is loading the dataset in memory", FramedReply.Every)]
    [InlineData("READONLY You can't write against a read only replica.", FramedReply.Primary)]
    [InlineData("NOAUTH Authentication required.", FramedReply.Majority)]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", FramedReply.Primary)]
    public async Task An_error_of_a_scripts_own_is_its_clients_and_nobody_elses(string error, FramedReply reply)
    {
        const int Calls = 20;
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var caller = await redis.ConnectAsync();
        using var other = await redis.ConnectAsync();
        long counted = 0;
        bool isOver = false;
        var counting = Task.Run(async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                foreach (var answer in await other.AskAllAsync([.. Enumerable.Repeat<string[]>(["INCR", "n"], 8)]))
                    Assert.Equal(++counted, answer.Number);
            }
        });
        for (int i = 0; i < Calls; i++)
            Assert.Equal($"-{error}", (await caller.AskAsync("EVAL", Script, "1", "tries", error)).ToString());

        // Several in flight at once, too.
        Assert.All(await caller.AskAllAsync([.. Enumerable.Repeat<string[]>(["EVAL", Script, "1", "tries", error], Calls)]), answer => Assert.Equal($"-{error}", answer.ToString()));
        Volatile.Write(ref isOver, true);
        await counting;
        await redis.EqualAsync();
        redis.NothingLost();
        foreach (var server in redis.Servers)
        {
            Assert.Equal($"{2 * Calls}", (await redis.AskAsync(server, "GET", "tries")).Text);
            Assert.Equal($"{counted}", (await redis.AskAsync(server, "GET", "n")).Text);
        }
    }

    /// <summary>Two equal servers may answer one script differently.</summary>
    [Theory]
    [InlineData("return redis.call('TIME')")]
    [InlineData("return redis.sha1hex(tostring({}))")]
    [InlineData("local time = redis.call('TIME') return time[2] % 2 == 0 and time or 'odd'")]
    [InlineData("return redis.call('INFO', 'server')")]
    public async Task What_scripts_say_in_their_own_ways_fails_no_majority_and_is_no_divergence(string script)
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Majority);
        using var client = await redis.ConnectAsync();
        for (int i = 0; i < 5; i++)
            Assert.False((await client.AskAsync("EVAL", script, "0")).IsError);
        var transaction = await client.AskAllAsync([["MULTI"], ["SET", "a", "1"], ["EVAL", script, "0"], ["EXEC"]]);
        Assert.DoesNotContain(transaction, answer => answer.IsError);
        await redis.EqualAsync();
        redis.NothingLost();
    }

    [Fact]
    public async Task A_script_that_one_server_refuses_is_a_divergence_all_the_same()
    {
        using var redis = await RedisBroadcast.StartAsync(FramedReply.Majority);
        using var client = await redis.ConnectAsync();
        string sha = (await client.AskAsync("SCRIPT", "LOAD", "return 1")).Text!;
        Assert.Equal("+OK", (await redis.AskAsync(redis.Servers[1], "SCRIPT", "FLUSH")).ToString());
        Assert.Equal(1, (await client.AskAsync("EVALSHA", sha, "0")).Number);
        await Eventually.Equal(1L, () => redis.Of(redis.Servers[1]).Divergences, redis.Broadcaster.Dump);
    }
}
