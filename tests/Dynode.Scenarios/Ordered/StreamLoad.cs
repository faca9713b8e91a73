using System.Collections.Concurrent;
using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Clients of broadcasters with real servers and a real stream, each of which pushes elements of its own, one behind the answer to the other, and keeps what it was told of each.</summary>
internal sealed class StreamLoad(int padding = 0, string names = "c")
{
    /// <summary>As the broadcaster says it where the request is nowhere for certain; and a redis that cannot write.</summary>
    private const string Nowhere = "not kept", Refused = "-MISCONF ";

    private static readonly BroadcastSettings Once = Asking.RedisOnce with
    {
        ClaimLease = TimeSpan.FromSeconds(3),
        PlaceTimeout = TimeSpan.FromSeconds(2),
    };

    private readonly ConcurrentDictionary<string, int> _texts = [];
    private readonly List<Task> _clients = [];
    private int _names;
    private volatile bool _isOver;

    public ConcurrentBag<string> Told { get; } = [];

    public ConcurrentBag<string> NotKept { get; } = [];

    public ConcurrentBag<string> Unknown { get; } = [];

    /// <summary>A broadcaster of its own servers, in an order that it shares with others.</summary>
    /// <param name="nats">Any of them leads to it.</param>
    /// <param name="life">Each of another.</param>
    /// <param name="servers">Redis.</param>
    /// <param name="change">Of the settings.</param>
    /// <param name="replicas">Of the stream.</param>
    public static BroadcasterUnderTest Start(IEnumerable<RealServer> nats, int life, RealServer[] servers, Func<BroadcastSettings, BroadcastSettings>? change = null, int replicas = 1) =>
        StartAt(nats.Select(static server => server.Address), life, [.. servers.Select(static server => server.Address)], change, replicas);

    /// <summary>The same, where something may stand on the way.</summary>
    public static BroadcasterUnderTest StartAt(IEnumerable<string> nats, int life, string[] servers, Func<BroadcastSettings, BroadcastSettings>? change = null, int replicas = 1)
    {
        Assert.True(NatsUrl.TryParse($"nats://{string.Join(',', nats)}/orders", out NatsUrl? url, out string fault), fault);
        return BroadcasterUnderTest.Start(change?.Invoke(Once) ?? Once, servers, TimeProvider.System, pool =>
        {
            var log = new NatsLog(new NatsSettings(url!) { Replicas = replicas, BytesMax = 256 << 20 }, pool, TimeProvider.System);
            return new OrderedLog(log, log, $"{life:x16}", "test", $"test, broadcaster {life}");
        });
    }

    public static Task CurrentAsync(BroadcasterUnderTest broadcaster, TimeSpan? deadline = null) => Eventually.True(
        () => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }), broadcaster.Dump, deadline);

    /// <summary>So many clients of each.</summary>
    public void Begin(int clients, params BroadcasterUnderTest[] broadcasters)
    {
        foreach (BroadcasterUnderTest broadcaster in broadcasters)
            _clients.AddRange(Enumerable.Range(0, clients).Select(_ => PushAsync(broadcaster, $"{names}{_names++}")));
    }

    /// <summary>So many more have been told that theirs is done.</summary>
    public async Task SomeAsync(int more, Func<string> dump)
    {
        int before = Told.Count;
        await Eventually.True(() => Told.Count >= before + more || _clients.Exists(static client => client.IsFaulted), () => $"{this}\n{dump()}");
    }

    public async Task EndAsync()
    {
        _isOver = true;
        await Task.WhenAll(_clients);
    }

    /// <summary>All servers hold the same, each element once, each that a client was told of, and none of which it was told that it is nowhere.</summary>
    public async Task EqualAsync(Func<string> dump, params RealServer[] servers)
    {
        string[][] all;
        long began = Stopwatch.GetTimestamp();
        do
        {
            all = await Task.WhenAll(servers.Select(ListAsync));
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, $"{string.Join(", ", all.Select(static list => list.Length))} elements; {this}\n{dump()}");
        }
        while (all.Any(list => !list.SequenceEqual(all[0])) || Told.Except(all[0]).Any());
        Assert.Equal(all[0].Distinct(), all[0]);
        Assert.Empty(NotKept.Intersect(all[0]));
    }

    public static async Task<string[]> ListAsync(RealServer redis) =>
        (await redis.AskAsync("EVAL \"local all=redis.call('lrange','list',0,-1) for i,e in ipairs(all) do all[i]=string.match(e,'[^.]+') end return table.concat(all,' ')\" 0")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"{Told.Count} told, {NotKept.Count} not kept, {Unknown.Count} unknown: {string.Join("; ", _texts.Select(static text => $"{text.Value} × {text.Key}"))}";

    private async Task PushAsync(BroadcasterUnderTest broadcaster, string name)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        for (int n = 0; !_isOver; n++)
        {
            await client.SendAsync($"RPUSH list {name}:{n}{(padding > 0 ? $".{new string('x', padding)}" : "")}\r\n");
            string said = await client.ReadLineAsync(TimeSpan.FromMinutes(1)) ?? throw new ExpectationException("the end");
            (said.StartsWith(':') ? Told : said.EndsWith(Nowhere, StringComparison.Ordinal) || said.StartsWith(Refused, StringComparison.Ordinal) ? NotKept : Unknown).Add($"{name}:{n}");
            if (said.StartsWith(':'))
                continue;
            _texts.AddOrUpdate(said, 1, static (_, count) => count + 1);

            // Whoever is refused at once tries again a little later.
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }
}
