using System.Text;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>A broadcaster of <c>protocol=redis</c> in front of real redis-servers.</summary>
internal sealed class RedisBroadcast : IDisposable
{
    private static readonly string[] Durable = ["--appendfsync", "always"];

    private readonly Secret _password;

    private RedisBroadcast(BroadcastSettings settings, RealServer[] servers)
    {
        // Tests ask as the default user, whose password it is where no other user is named.
        _password = settings.Framing.BackendUsername.Length == 0 ? settings.Framing.BackendPassword : default;
        Servers = servers;
        Broadcaster = BroadcasterUnderTest.Start(settings, servers.Select(server => server.Address));
    }

    /// <summary>What tests have in common: a small longest wait between attempts, so that a server that is back is soon seen.</summary>
    public static BroadcastSettings Settings { get; } = new()
    {
        Protocol = Protocol.Redis,
        BacklogBytesMax = 64 << 20,
        ReconnectDelayMax = TimeSpan.FromSeconds(0.2),
    };

    public RealServer[] Servers { get; }

    public BroadcasterUnderTest Broadcaster { get; }

    public BroadcastSnapshot Snapshot => Broadcaster.Snapshot;

    /// <summary>What a server must be told so that nothing that it has confirmed is lost by a SIGKILL.</summary>
    public static string[] DurableArguments => Durable;

    /// <summary>Three servers, all current when done.</summary>
    public static Task<RedisBroadcast> StartAsync(FramedReply reply, params string[] arguments) =>
        StartAsync(Settings with { FramedReply = reply }, arguments, arguments, arguments);

    /// <summary>A server for each list of arguments; all current when done.</summary>
    public static async Task<RedisBroadcast> StartAsync(BroadcastSettings settings, params string[][] arguments)
    {
        var redis = await StartOnlyAsync(settings, arguments);
        await redis.CurrentAsync();
        return redis;
    }

    /// <summary>A server for each list of arguments, of which some may never be current.</summary>
    public static async Task<RedisBroadcast> StartOnlyAsync(BroadcastSettings settings, params string[][] arguments)
    {
        return new(settings, await Task.WhenAll(arguments.Select(some => RedisServer.StartAsync(some))));
    }

    public Task<RespClient> ConnectAsync(int database = 0) => RespClient.ConnectAsync(Broadcaster.Port, database);

    public BackendSnapshot Of(RealServer server) => Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(server.Address));

    /// <summary>Every server (or these) is connected, has caught up, and has answered all that is in the log.</summary>
    public Task CurrentAsync(params RealServer[] servers) => Eventually.True(
        () => (servers.Length == 0 ? Servers : servers).All(server => Of(server).Standing is { IsCurrent: true, LagRequests: 0 }),
        Broadcaster.Dump);

    /// <summary>Every server (or these) has all that is in the log, and they hold equal data.</summary>
    public async Task EqualAsync(params RealServer[] servers)
    {
        await CurrentAsync(servers);
        string[] digests = await Task.WhenAll((servers.Length == 0 ? Servers : servers).Select(DigestAsync));
        Assert.True(digests.Distinct().Count() == 1, $"{string.Join(' ', digests)}\n{Broadcaster.Dump()}");
    }

    /// <summary>Nothing went wrong with any server.</summary>
    public void NothingLost() => Assert.All(
        Snapshot.Backends,
        backend => Assert.Equal((0, 0, 0, 0L), ((int)backend.ConnectionsLost, (int)backend.Repeats, (int)backend.Divergences, backend.DroppedRequests)));

    /// <summary>A hash of all that a server holds, in all databases.</summary>
    public async Task<string> DigestAsync(RealServer server) => (await AskAsync(server, "DEBUG", "DIGEST")).ToString();

    /// <summary>Asks a server itself.</summary>
    public async Task<RespReply> AskAsync(RealServer server, params string[] arguments)
    {
        using var client = await RespClient.ConnectAsync(server.Port);
        if (!_password.IsEmpty && (await client.AskAsync("AUTH", Encoding.UTF8.GetString(_password.Bytes))).IsError)
            throw new ExpectationException($"{server.Address} refuses the password");
        return await client.AskAsync(arguments);
    }

    /// <summary>A list of a server's, as it is.</summary>
    public async Task<string[]> ListAsync(RealServer server, string key) => [.. (await AskAsync(server, "LRANGE", key, "0", "-1")).Texts.Select(text => text!)];

    public void Dispose()
    {
        Broadcaster.Dispose();
        foreach (var server in Servers) server.Dispose();
    }
}
