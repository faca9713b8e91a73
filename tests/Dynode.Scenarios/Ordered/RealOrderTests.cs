using System.Collections.Concurrent;
using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Two broadcasters, each with a redis of its own, and a JetStream between them that is killed and comes back.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class RealOrderTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int Pushes = 150;
    private const int Kills = 2;

    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(3) };

    [Fact]
    public async Task Both_redis_hold_the_same_list_and_in_it_each_element_that_a_client_was_told_of_once()
    {
        using RealServer nats = await NatsServer.StartAsync();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using BroadcasterUnderTest one = Start(nats, east, 1), two = Start(nats, west, 2);
        await CurrentAsync(one);
        await CurrentAsync(two);
        var told = new ConcurrentBag<string>();
        int unknown = 0;
        Task pushing = Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            using TestClient client = await (i % 2 == 0 ? one : two).ConnectAsync();
            for (int n = 0; n < Pushes; n++)
            {
                await client.SendAsync($"RPUSH list {i}:{n}\r\n");
                string? said = await client.ReadLineAsync(TimeSpan.FromMinutes(1));
                if (said!.StartsWith(':'))
                    told.Add($"{i}:{n}");
                else
                    Interlocked.Increment(ref unknown);
            }
        }));
        for (int i = 0; i < Kills; i++)
        {
            int before = told.Count;
            await Eventually.True(() => told.Count > before + (Clients * Pushes / 6) || pushing.IsCompleted, Dump);
            await nats.KillAsync();
            await nats.StartAsync();
        }

        await pushing;
        string of = "";
        for (long began = Stopwatch.GetTimestamp(); of.Length == 0 || of != await ListAsync(west);)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, Dump());
            of = await ListAsync(east);
        }

        // Who delivers is another in each.
        foreach (RealServer redis in (RealServer[])[east, west])
            Assert.Equal(":1", await redis.AskAsync("DEL dynode:owner"));
        Assert.Equal(await east.DataDigestAsync(), await west.DataDigestAsync());
        string[] elements = of.Split(' ');
        Assert.Equal(elements.Distinct(), elements);
        Assert.Empty(told.Except(elements));
        output.WriteLine($"{elements.Length} elements, {told.Count} told, {unknown} unknown, {one.Snapshot.Feed}, {two.Snapshot.Feed}");

        string Dump() => $"{told.Count} told\n{one.Dump()}\n\n{two.Dump()}";
    }

    private static BroadcasterUnderTest Start(RealServer nats, RealServer redis, int life)
    {
        Assert.True(NatsUrl.TryParse($"nats://{nats.Address}/orders", out NatsUrl? url, out string fault), fault);
        return BroadcasterUnderTest.Start(Redis, [redis.Address], TimeProvider.System, pool =>
        {
            var log = new NatsLog(new NatsSettings(url!) { Replicas = 1 }, pool, TimeProvider.System);
            return new OrderedLog(log, log, $"{life:x16}", "test", $"test, broadcaster {life}");
        });
    }

    private static Task<string> ListAsync(RealServer redis) => redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0");

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster) =>
        Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, Gap: null }), broadcaster.Dump);
}
