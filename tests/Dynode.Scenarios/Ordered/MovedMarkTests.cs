using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>
/// A client takes the watermark away, and another program writes over it, between two parcels of a lane; then the server moves to another broadcaster. What the lane publishes next counts there, for the lanes are in the watermark
/// whole, and in the stream. Real servers and a real JetStream.
/// </summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class MovedMarkTests(ITestOutputHelper output)
{
    private static readonly BroadcastSettings Once = Asking.RedisOnce with { ClaimLease = TimeSpan.FromSeconds(3) };

    private readonly List<IStreamKeys> _keys = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lanes_next_parcel_counts_though_the_watermark_was_flushed_or_written_over_and_the_owner_moved(bool isOverwritten)
    {
        using RealServer nats = await NatsServer.StartAsync();
        using RealServer a = await RedisServer.StartAsync(), b = await RedisServer.StartAsync();
        using BroadcasterUnderTest east = Start(nats, 1, a, b);
        await CurrentAsync(east, 2);
        using TestClient client = await east.ConnectAsync();
        for (int n = 0; n < 20; n++)
            Assert.Equal($":{n + 1}", await client.AskAsync($"RPUSH list {n}"));
        Assert.Equal("+OK", await client.AskAsync("FLUSHALL"));
        await Eventually.True(() => east.Snapshot.Backends.All(static backend => backend.Standing is { LagRequests: 0 }), east.Dump);
        if (isOverwritten)
        {
            // Where it stands is kept beside the stream each second, and that is all there is then.
            await KeptAsync(b, east.Snapshot.Feed!.Placed, east);
            await b.AskAsync("SET dynode:watermark x");
        }

        using BroadcasterUnderTest west = Start(nats, 2, b, a);
        await Eventually.True(() => Claims(west) == "Held Taken" && Claims(east) == "Held Taken", () => $"{east.Dump()}\n\n{west.Dump()}");
        await CurrentAsync(west, 1);
        Assert.Equal(isOverwritten ? 1 : 0, west.Log.Count(1531) + east.Log.Count(1531));

        // The same lane goes on: no other was begun.
        for (int n = 20; n < 40; n++)
            Assert.Equal($":{n - 19}", await client.AskAsync($"RPUSH list {n}"));
        string wanted = string.Join(' ', Enumerable.Range(20, 20));
        await ListAsync(a, wanted, east);
        await ListAsync(b, wanted, west);
        Assert.Equal((0L, 0L), (west.Snapshot.Feed!.Read.Holes, east.Snapshot.Feed!.Read.Holes));
        Assert.Equal(0, east.Log.Count(1710));
        Assert.All(west.Snapshot.Backends.Concat(east.Snapshot.Backends), static backend => Assert.Null(backend.Standing?.Gap));
        output.WriteLine($"{west.Snapshot.Feed}");
    }

    private static string Claims(BroadcasterUnderTest broadcaster) => string.Join(' ', broadcaster.Snapshot.Backends.Select(static backend => $"{backend.Place?.Claim}"));

    private async Task KeptAsync(RealServer redis, ulong number, BroadcasterUnderTest broadcaster)
    {
        string key = ClaimedServer.KeyOf($"test/{redis.Address}");
        for (long began = Stopwatch.GetTimestamp(); ClaimedServer.Read((await _keys[0].GetAsync(key, TestContext.Current.CancellationToken))!.Value.Span)?.Place?.Number is not { } kept || kept < number;)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, broadcaster.Dump());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static async Task ListAsync(RealServer redis, string wanted, BroadcasterUnderTest broadcaster)
    {
        string said = "";
        for (long began = Stopwatch.GetTimestamp(); said != wanted;)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, $"{said}\n{broadcaster.Dump()}");
            said = await redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0");
        }
    }

    private BroadcasterUnderTest Start(RealServer nats, int life, params RealServer[] servers)
    {
        Assert.True(NatsUrl.TryParse($"nats://{nats.Address}/orders", out NatsUrl? url, out string fault), fault);
        return BroadcasterUnderTest.Start(Once, servers.Select(static server => server.Address), TimeProvider.System, pool =>
        {
            var log = new NatsLog(new NatsSettings(url!) { Replicas = 1 }, pool, TimeProvider.System);
            _keys.Add(log);
            return new OrderedLog(log, log, $"{life:x16}", "test", $"test, broadcaster {life}");
        });
    }

    private static Task CurrentAsync(BroadcasterUnderTest broadcaster, int servers) =>
        Eventually.True(() => broadcaster.Snapshot.Backends.Count(static backend => backend.Standing is { IsCurrent: true, Gap: null, LagRequests: 0 }) == servers, broadcaster.Dump);
}
