using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>What tests of redis in front of scripted servers have in common: settings, one request and its reply, waits for how a server stands.</summary>
internal static class Asking
{
    public static readonly BroadcastSettings Redis = new()
    {
        Protocol = Protocol.Redis,
        ReconnectDelayMax = TimeSpan.FromSeconds(0.1),
        IdleTimeout = TimeSpan.Zero,
        BacklogBytesMax = 64 << 20,
    };

    /// <summary>Of servers that note themselves what they have done, each once.</summary>
    public static readonly BroadcastSettings RedisOnce = Redis with { ExactlyOnce = true, Framing = Redis.Framing with { OwnKey = "dynode:watermark"u8.ToArray() } };

    /// <summary>GET is answered by its key, so that every reply shows whose it is.</summary>
    public static readonly FramedScript Echoing = new() { Answer = request => request.Name == "GET" ? Reply.Bulk(request.Words[1]) : null };

    /// <summary>One request, and its reply without the framing: of a bulk string what is in it.</summary>
    public static async Task<string> AskAsync(this TestClient client, string request)
    {
        await client.SendAsync(request + "\r\n");
        return await client.ReadReplyAsync();
    }

    /// <summary>A simple, integer, error or bulk reply.</summary>
    public static async Task<string> ReadReplyAsync(this TestClient client)
    {
        string line = await client.ReadLineAsync() ?? throw new ExpectationException("wanted a reply, the end came");
        if (!line.StartsWith('$') || line == "$-1")
            return line;
        int length = int.Parse(line.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
        return (await client.ReadTextAsync(length + 2))[..length];
    }

    public static async Task<string[]> ReadRepliesAsync(this TestClient client, int count)
    {
        string[] replies = new string[count];
        for (int i = 0; i < count; i++)
            replies[i] = await client.ReadReplyAsync();
        return replies;
    }

    public static Task SendAllAsync(this TestClient client, IEnumerable<string> requests) =>
        client.SendAsync(string.Concat(requests.Select(request => request + "\r\n")));

    public static BackendSnapshot Of(this BroadcasterUnderTest broadcaster, FramedServer server) => broadcaster.Of(server.Tcp);

    public static FramedStanding StandingOf(this BroadcasterUnderTest broadcaster, FramedServer server) =>
        broadcaster.Of(server).Standing ?? throw new ExpectationException($"{server.Address} has no part in the log");

    /// <summary>What the operator wants of a server from now on.</summary>
    /// <returns>Before.</returns>
    public static BackendOrder? Order(this BroadcasterUnderTest broadcaster, FramedServer server, BackendOrder order) =>
        broadcaster.Door.Order(BroadcasterUnderTest.Address(server.Address), order);

    /// <summary>They vote, should they have no gap.</summary>
    public static Task CurrentAsync(this BroadcasterUnderTest broadcaster, params FramedServer[] servers) =>
        Eventually.True(() => servers.All(server => broadcaster.Of(server).Standing is { IsCurrent: true }), broadcaster.Dump);

    /// <summary>They have acknowledged all that is in the log.</summary>
    public static Task NothingOwedAsync(this BroadcasterUnderTest broadcaster, params FramedServer[] servers) =>
        Eventually.True(() => servers.All(server => broadcaster.StandingOf(server).LagRequests == 0), broadcaster.Dump);

    /// <summary>Moves the clock in small steps until something has come of it.</summary>
    public static Task UntilAsync(this FakeTimeProvider time, Func<bool> condition, Func<string> dump) => Eventually.True(
        () =>
        {
            time.Advance(TimeSpan.FromSeconds(0.05));
            return condition();
        },
        dump);

    /// <summary>Those that came more than once counted once, where they came first.</summary>
    public static string[] FirstSeen(this FramedServer server) => [.. server.Texts.Distinct()];

    /// <summary>How many more came than are different.</summary>
    public static int Repeats(this FramedServer server) => server.Texts.Count - server.FirstSeen().Length;
}
