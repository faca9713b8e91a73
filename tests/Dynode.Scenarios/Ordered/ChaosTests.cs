using System.Collections.Concurrent;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Dynode.TestKit.Streams;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Two broadcasters, and a stream between them that loses, doubles, holds back and breaks off, and is away for longer than clients wait.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int TimesAway = 6;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);
    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(1), PlaceTimeout = TimeSpan.FromSeconds(0.3) };

    private enum Told
    {
        Kept,
        NotKept,
        Unknown,
    }

    [Fact]
    public Task Whatever_fails_both_servers_have_the_same_each_acknowledged_request_once_and_nothing_that_was_not_kept() => Seed.RunAsync(async random =>
    {
        using var east = FramedServer.Redis();
        using var west = FramedServer.Redis();
        var faults = new StreamFaults(new Random(random.Next())) { Cut = 0.002 };
        using var both = new OrderedBroadcasters(faults: faults);
        using var over = new CancellationTokenSource();
        Task failing = both.FailAsync(Step, over.Token);
        BroadcasterUnderTest[] broadcasters = [both.Start(Redis, east.Address), both.Start(Redis, west.Address)];
        await broadcasters[0].CurrentAsync(east);
        await broadcasters[1].CurrentAsync(west);
        var told = new ConcurrentDictionary<string, Told>();
        bool isOver = false;
        Task[] pushing = [.. Enumerable.Range(0, Clients).Select(i => PushAsync(broadcasters[i % 2], i, new Random(random.Next()), told, () => !Volatile.Read(ref isOver)))];

        // Longer than clients wait, and shorter; of one and of the other.
        for (int away = 0; away < TimesAway; away++)
        {
            await MoreAsync(Told.Kept, random.Next(1, 40 * Clients));
            var log = both.Logs[random.Next(2)];
            log.Connect(isHere: false, "cut off by a test");
            if (away % 2 == 0)
                await MoreAsync(Told.NotKept, random.Next(1, 8));
            log.Connect(isHere: true);
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(pushing);
        faults.Heal();

        // One request more through each, which waits for nothing before it: all that is to come has come when both have both.
        for (int i = 0; i < 2; i++)
            await LastAsync(broadcasters[i], $"last:{i}");
        await Eventually.True(() => Array.TrueForAll((FramedServer[])[east, west], static server => server.Texts.Count(static text => text.Contains("last:", StringComparison.Ordinal)) >= 2), both.Dump);
        await Eventually.True(() => Array.TrueForAll(broadcasters, static broadcaster => broadcaster.Snapshot.Feed is { Waiting: 0, InFlight: 0 }), both.Dump);
        await Eventually.Equal(east.Texts.Count, () => west.Texts.Count, both.Dump);
        await over.CancelAsync();
        await failing;

        string[] ids = [.. east.Texts.Select(static text => text.Split(' ')[^1])];
        output.WriteLine($"{ids.Length} placed; {string.Join(", ", Enum.GetValues<Told>().Select(kind => $"{kind} {Count(told, kind)}"))}; {broadcasters[0].Snapshot.Feed}; {broadcasters[1].Snapshot.Feed}");
        Assert.Equal(east.Texts, west.Texts);
        Assert.Equal(ids.Distinct(), ids);
        Assert.Empty(told.Where(static id => id.Value == Told.Kept).Select(static id => id.Key).Except(ids));
        Assert.Empty(told.Where(static id => id.Value == Told.NotKept).Select(static id => id.Key).Intersect(ids));
        Assert.Empty(ids.Where(static id => !id.StartsWith("last:", StringComparison.Ordinal)).Except(told.Keys));
        for (int i = 0; i < Clients; i++)
        {
            int[] own = [.. ids.Where(id => id.StartsWith($"{i}:", StringComparison.Ordinal)).Select(static id => int.Parse(id.Split(':')[1]))];
            Assert.Equal(own.Order(), own);
        }

        foreach (var kind in Enum.GetValues<Told>().Where(static kind => kind != Told.Unknown))
            Assert.True(Count(told, kind) > 0, $"none is {kind}: this proves nothing");
        foreach (var broadcaster in broadcasters)
            Assert.All(broadcaster.Snapshot.Backends, static backend => Assert.Null(backend.Standing!.Gap));

        Task MoreAsync(Told kind, int more)
        {
            int before = Count(told, kind);
            return Eventually.True(() => Count(told, kind) >= before + more || Array.Exists(pushing, static client => client.IsFaulted), both.Dump);
        }
    });

    private static int Count(ConcurrentDictionary<string, Told> told, Told kind) => told.Count(id => id.Value == kind);

    /// <summary>One client: requests in pipelines, each with an id of its own.</summary>
    private static async Task PushAsync(BroadcasterUnderTest broadcaster, int i, Random random, ConcurrentDictionary<string, Told> told, Func<bool> goesOn)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        for (int n = 0; goesOn();)
        {
            int count = random.Next(1, 9);
            await client.SendAsync(string.Concat(Enumerable.Range(n, count).Select(number => $"RPUSH list {i}:{number}\r\n")));
            for (; count > 0; count--, n++)
                told[$"{i}:{n}"] = Of(await client.ReadLineAsync());
        }
    }

    private static Told Of(string? reply) => reply switch
    {
        "+OK" => Told.Kept,
        "-ERR the log is away: not kept" => Told.NotKept,
        "-ERR the log does not answer: it is kept if the log takes it" => Told.Unknown,
        _ => throw new ExpectationException($"said '{reply}'"),
    };

    private static async Task LastAsync(BroadcasterUnderTest broadcaster, string id)
    {
        using TestClient client = await broadcaster.ConnectAsync();
        string? said = null;
        for (int attempt = 0; said != "+OK"; attempt++)
        {
            await client.SendAsync($"RPUSH list {id}:{attempt}\r\n");
            said = await client.ReadLineAsync();
        }
    }
}
