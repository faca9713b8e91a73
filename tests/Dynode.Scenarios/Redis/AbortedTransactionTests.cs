using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>An EXEC that servers abort says why: its client was told +QUEUED before any server had seen what it queues.</summary>
[Trait("Server", "redis")]
public sealed class AbortedTransactionTests
{
    private const string Abort = "-EXECABORT Transaction discarded because of: ";

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Fastest)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    public async Task Out_of_memory_and_too_few_replicas_are_named_as_a_server_names_them(FramedReply reply)
    {
        using var redis = await RedisBroadcast.StartAsync(reply);
        using var client = await redis.ConnectAsync();
        await TellAllAsync(redis, "maxmemory", "1");
        Assert.Equal(Abort + "OOM command not allowed when used memory > 'maxmemory'.", await ExecAsync(client, ["GET", "a"], ["SET", "a", "1"], ["SET", "b", "1"]));
        await TellAllAsync(redis, "maxmemory", "0");
        await TellAllAsync(redis, "min-replicas-to-write", "1");
        Assert.Equal(Abort + "NOREPLICAS Not enough good replicas to write.", await ExecAsync(client, ["GET", "a"], ["SET", "a", "1"]));
        await TellAllAsync(redis, "min-replicas-to-write", "0");

        // What one transaction was refused for is nothing that the next one is told.
        Assert.Equal("[+OK]", await ExecAsync(client, ["SET", "a", "1"]));
        Assert.Equal(Abort + "wrong number of arguments for 'set' command", await ExecAsync(client, ["SET", "a", "2"], ["SET", "b"]));
        Assert.Equal("1", (await client.AskAsync("GET", "a")).Text);
        await redis.EqualAsync();
    }

    [Theory]
    [InlineData("-set", Abort + "NOPERM {user} has no permissions to run the 'set' command")]
    [InlineData("-exec", Abort + "NOPERM {user} has no permissions to run the 'exec' command")]
    [InlineData("-multi", "-ERR the server refused MULTI, and did one by one what was to be one transaction: NOPERM {user} has no permissions to run the 'multi' command")]
    public async Task What_the_servers_user_may_not_do_is_named(string lacks, string error)
    {
        string[] server = ["--user", "broadcaster", "on", ">inside", "~*", "&*", "+@all", lacks];
        var framing = new ProtocolSettings { BackendUsername = "broadcaster", BackendPassword = "inside" };
        using var redis = await RedisBroadcast.StartAsync(RedisBroadcast.Settings with { Framing = framing }, server, server);
        using var client = await redis.ConnectAsync();

        // redis 7.0 calls it "this user", later ones by its name.
        string[] said = [error.Replace("{user}", "this user", StringComparison.Ordinal), error.Replace("{user}", "User broadcaster", StringComparison.Ordinal)];
        Assert.Contains(await ExecAsync(client, ["INCR", "a"], ["SET", "b", "1"]), said);
    }

    private static async Task<string> ExecAsync(RespClient client, params string[][] requests)
    {
        Assert.Equal("+OK", (await client.AskAsync("MULTI")).ToString());
        foreach (string[] request in requests) Assert.Equal("+QUEUED", (await client.AskAsync(request)).ToString());
        return (await client.AskAsync("EXEC")).ToString();
    }

    private static async Task TellAllAsync(RedisBroadcast redis, string key, string value)
    {
        foreach (var server in redis.Servers) Assert.Equal("+OK", (await redis.AskAsync(server, "CONFIG", "SET", key, value)).ToString());
    }
}
