using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>client_password guards the listener; backend_password and backend_username are what servers are shown.</summary>
[Trait("Server", "redis")]
public sealed class PasswordTests
{
    private const int Down = 1102;
    private const string Secret = "s3cret of servers";

    [Fact]
    public async Task Nothing_goes_without_the_client_password()
    {
        using var redis = await RedisBroadcast.StartAsync(With(new() { ClientPassword = "for clients" }), [], []);
        using var client = await redis.ConnectAsync();
        Assert.StartsWith("-NOAUTH", (await client.AskAsync("SET", "key", "x")).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", (await client.AskAsync("AUTH", "wrong")).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", (await client.AskAsync("AUTH", "somebody", "for clients")).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-NOAUTH", (await client.AskAsync("GET", "key")).ToString(), StringComparison.Ordinal);
        Assert.Equal("+OK", (await client.AskAsync("AUTH", "for clients")).ToString());
        Assert.Equal("+OK", (await client.AskAsync("SET", "key", "y")).ToString());
        using var other = await redis.ConnectAsync();
        Assert.StartsWith("-NOAUTH", (await other.AskAsync("GET", "key")).ToString(), StringComparison.Ordinal);
        Assert.Equal("+OK", (await other.AskAsync("AUTH", "default", "for clients")).ToString());
        Assert.Equal("y", (await other.AskAsync("GET", "key")).Text);
        Assert.Equal(2, redis.Snapshot.Requests);
        await redis.EqualAsync();
        Unsaid(redis, "for clients");
    }

    [Fact]
    public async Task Servers_are_shown_the_backend_password_again_whenever_they_come_back()
    {
        string[] server = ["--requirepass", Secret];
        using var redis = await RedisBroadcast.StartAsync(With(new() { BackendPassword = Secret }), server, server);
        using var client = await redis.ConnectAsync();
        Assert.Equal("+OK", (await client.AskAsync("SET", "key", "x")).ToString());
        await redis.Servers[1].KillAsync();
        Assert.Equal("+OK", (await client.AskAsync("SET", "key", "y")).ToString());
        await redis.Servers[1].StartAsync();
        await redis.EqualAsync();
        Unsaid(redis, Secret);
    }

    [Fact]
    public async Task Servers_know_the_broadcaster_as_the_user_that_it_is_configured_as()
    {
        string[] server = ["--user", "broadcaster", "on", ">inside", "~*", "&*", "+@all"];
        using var redis = await RedisBroadcast.StartAsync(With(new() { BackendUsername = "broadcaster", BackendPassword = "inside" }), server, server);
        using var client = await redis.ConnectAsync();
        Assert.Equal("broadcaster", (await client.AskAsync("ACL", "WHOAMI")).Text);
        Assert.Equal("+OK", (await client.AskAsync("SET", "key", "x")).ToString());
        await redis.CurrentAsync();
        foreach (var one in redis.Servers) Assert.Equal("x", (await RespAsync(one, "GET", "key")).Text);
        Unsaid(redis, "inside");
    }

    [Theory]
    [InlineData(true, "WRONGPASS invalid username-password pair or user is disabled")]
    [InlineData(false, "ERR AUTH <password> called without any password configured for the default user")]
    public async Task A_server_that_refuses_the_password_is_down_with_its_error_in_the_log_and_the_others_serve(bool hasAnother, string error)
    {
        string[] good = ["--requirepass", Secret];
        using var redis = await RedisBroadcast.StartOnlyAsync(With(new() { BackendPassword = Secret }), good, hasAnother ? ["--requirepass", "another"] : [], good);
        RealServer[] let = [redis.Servers[0], redis.Servers[2]];
        await redis.CurrentAsync(let);
        using var client = await redis.ConnectAsync();
        Assert.Equal("+OK", (await client.AskAsync("SET", "key", "x")).ToString());
        await DownAsync(redis, redis.Servers[1], error);
        await redis.EqualAsync(let);
        Unsaid(redis, Secret);
    }

    [Fact]
    public async Task A_server_that_wants_a_password_that_was_not_configured_is_down_with_its_error_in_the_log()
    {
        using var redis = await RedisBroadcast.StartOnlyAsync(RedisBroadcast.Settings, [], ["--requirepass", Secret]);
        await redis.CurrentAsync(redis.Servers[0]);
        await DownAsync(redis, redis.Servers[1], "NOAUTH Authentication required");
    }

    private static BroadcastSettings With(ProtocolSettings framing) => RedisBroadcast.Settings with { Framing = framing };

    private static async Task DownAsync(RedisBroadcast redis, RealServer server, string error)
    {
        await Eventually.True(() => redis.Of(server) is { State: BackendState.Down, Standing.IsCurrent: false }, redis.Broadcaster.Dump);
        Assert.Contains(redis.Broadcaster.Log.Of(Down), line => line.Contains($"{server.Address} is down: {error}", StringComparison.Ordinal));
    }

    private static async Task<RespReply> RespAsync(RealServer server, params string[] arguments)
    {
        using var client = await RespClient.ConnectAsync(server.Port);
        return await client.AskAsync(arguments);
    }

    private static void Unsaid(RedisBroadcast redis, string secret) => Assert.DoesNotContain(secret, redis.Broadcaster.Dump(), StringComparison.Ordinal);
}
