using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Framed;
using Dynode.Streams.Nats;
using Dynode.Streams.Regions;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Two regions compare what their servers replied, range by range of the stream: what differs is named by both, what is equal by none.</summary>
public sealed class RegionsDifferTests(ITestOutputHelper output)
{
    private const int Batch = 64;

    private static readonly BroadcastSettings Redis = Asking.Redis with { ClaimLease = TimeSpan.FromSeconds(3) };

    [Theory]
    [Trait("Server", "nats")]
    [Trait("Server", "redis")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_that_was_set_behind_the_back_of_one_region_is_named_by_both_when_it_is_asked_for(bool isOnce)
    {
        using RealServer nats = await NatsServer.StartAsync();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        var settings = Redis with { ExactlyOnce = isOnce };
        using BroadcasterUnderTest one = Start(settings, nats, 1, east), two = Start(settings, nats, 2, west);
        BroadcasterUnderTest[] both = [one, two];
        foreach (var broadcaster in both)
            await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, Gap: null }), broadcaster.Dump);
        using TestClient client = await one.ConnectAsync();
        using TestClient other = await two.ConnectAsync();

        // Equal: what is compared is found to be so.
        await RangesAsync(client, other, one, 3);
        foreach (var broadcaster in both)
            await Eventually.True(() => broadcaster.Snapshot.Feed!.Ranges.Compared >= 2, broadcaster.Dump);
        Assert.All(both, static broadcaster => Assert.Equal(0, broadcaster.Snapshot.Feed!.Ranges.Differing));
        Assert.All(both, static broadcaster => Assert.Equal(0, broadcaster.Log.Count(1721)));

        // Not equal any more, and nobody has asked for it.
        Assert.Equal("+OK", await west.AskAsync("SET counter 41"));
        await RangesAsync(client, other, one, 2);
        Assert.All(both, static broadcaster => Assert.Equal(0, broadcaster.Snapshot.Feed!.Ranges.Differing));
        await client.SendAsync("INCR counter\r\n");
        Assert.Equal(":1", await client.ReadLineAsync());
        ulong first = RangeReplies.FirstOf(one.Snapshot.Feed!.Last);
        await RangesAsync(client, other, one, 2);
        foreach (var broadcaster in both)
            await Eventually.True(() => broadcaster.Log.Count(1721) >= 1 && broadcaster.Snapshot.Feed!.Ranges.Differing >= 1, broadcaster.Dump);
        Assert.All(both, broadcaster =>
        {
            string line = broadcaster.Log.Of(1721).First();
            Assert.Contains("broadcaster 1", line, StringComparison.Ordinal);
            Assert.Contains("broadcaster 2", line, StringComparison.Ordinal);
            Assert.Contains($" {first} to {first + RangeReplies.Length - 1} of the log", line, StringComparison.Ordinal);
            Assert.Equal(1, broadcaster.Log.Count(1721));
            Assert.Equal(1, broadcaster.Snapshot.Feed!.Ranges.Differing);
        });
        output.WriteLine($"{one.Snapshot.Feed!.Ranges}; {two.Snapshot.Feed!.Ranges}");
    }

    /// <summary>
    /// Connections are cut and what was in flight is sent again, to which servers say something else than the first time; servers are killed, broadcasters end and others go on. The data are
    /// equal all the same: by exactly_once, or because all that is written may be done twice.
    /// </summary>
    [Theory]
    [Trait("Server", "redis")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_cut_killed_or_ended_no_difference_is_seen_where_there_is_none(bool isOnce)
    {
        using var broadcasters = new OrderedBroadcasters();
        using RealServer east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        var settings = Redis with { ExactlyOnce = isOnce, ClaimLease = TimeSpan.FromSeconds(1), Framing = Redis.Framing with { OwnKey = isOnce ? "dynode:watermark"u8.ToArray() : Redis.Framing.OwnKey } };
        BroadcasterUnderTest[] both = [broadcasters.Start(settings, east.Address), broadcasters.Start(settings, west.Address)];
        foreach (var broadcaster in both)
            await Eventually.True(() => broadcaster.Snapshot.Backends.All(static backend => backend.Standing is { IsCurrent: true, Gap: null }), broadcaster.Dump);
        using var over = new CancellationTokenSource();
        Task[] writing = [WriteAsync(() => both[0], "a", isOnce, over.Token), WriteAsync(() => both[1], "b", isOnce, over.Token)];
        long compared = 0;
        for (int i = 0; i < 5; i++)
        {
            ulong last = both[1].Snapshot.Feed!.Last;

            // Of each time a range or two are whole.
            await Eventually.True(() => both[1].Snapshot.Feed!.Last > last + (2 * RangeReplies.Length) + 100 || writing.Any(static one => one.IsCompleted), broadcasters.Dump, TimeSpan.FromMinutes(2));
            switch (i)
            {
                case 1 when isOnce:
                    await west.KillAsync();
                    await west.StartAsync();
                    break;
                case 3:
                    compared += both[0].Snapshot.Feed!.Ranges.Compared;
                    Assert.Equal(0, both[0].Snapshot.Feed!.Ranges.Differing);
                    await broadcasters.PlaceAsync(east.Address, 1);
                    both[0].Dispose();
                    both[0] = broadcasters.Start(settings, east.Address);
                    break;
                default:
                    for (int cut = 0; cut < 5; cut++)
                        await (cut % 2 == 0 ? east : west).AskAsync("CLIENT KILL TYPE normal SKIPME yes");
                    break;
            }
        }

        foreach (var broadcaster in both)
            await Eventually.True(() => broadcaster.Snapshot.Feed!.Ranges.Compared > 0 || writing.Any(static one => one.IsCompleted), broadcasters.Dump, TimeSpan.FromMinutes(2));
        await over.CancelAsync();
        await Task.WhenAll(writing);
        output.WriteLine($"{compared}, {both[0].Snapshot.Feed!.Ranges}, {both[1].Snapshot.Feed!.Ranges}");
        Assert.All(both, static broadcaster => Assert.Equal((0, 0), (broadcaster.Snapshot.Feed!.Ranges.Differing, broadcaster.Log.Count(1721))));
    }

    /// <summary>Writes one by one, over a new connection where one ends. What may be done twice leaves the same data, and is answered otherwise the second time.</summary>
    private static async Task WriteAsync(Func<BroadcasterUnderTest> broadcaster, string name, bool isOnce, CancellationToken over)
    {
        for (int n = 0; !over.IsCancellationRequested;)
        {
            try
            {
                using TestClient client = await broadcaster().ConnectAsync();
                for (string? line = ""; line is not null && !over.IsCancellationRequested; n++)
                {
                    await SendAsync(client, n);
                    line = await client.ReadLineAsync(TimeSpan.FromMinutes(1));
                }
            }
            catch (Exception e) when (e is IOException or ExpectationException or System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // The broadcaster has ended: another one is about to be there.
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            }
        }

        Task SendAsync(TestClient client, int number) => client.SendAsync((isOnce, number % 3) switch
        {
            (true, 0) => $"INCR {name}\r\n",
            (true, 1) => "APPEND both x\r\n",
            (_, 0) => $"SADD both {name}{number}\r\n",
            (_, 1) => $"SETNX {name}{number} x\r\n",
            _ => $"SET {name} {number}\r\n",
        });
    }

    /// <summary>Writes until so many ranges are behind the one that the stream is in: each client's in one parcel or a few, all kinds of replies among them.</summary>
    private static async Task RangesAsync(TestClient client, TestClient other, BroadcasterUnderTest broadcaster, int ranges)
    {
        ulong until = RangeReplies.FirstOf(broadcaster.Snapshot.Feed!.Last) + (RangeReplies.Length * (ulong)ranges) + 8;
        for (int i = 0; broadcaster.Snapshot.Feed!.Last < until; i++)
        {
            for (int n = 0; n < Batch; n++)
            {
                await client.SendAsync(n % 8 == 0 ? $"MULTI\r\nINCR m\r\nSADD s {i % 50} {n}\r\nSMEMBERS s\r\nEXEC\r\n" : $"SET a {n}\r\n");
                await other.SendAsync(n % 8 == 0 ? "INCR many\r\n" : "APPEND b x\r\n");
                int lines = n % 8 == 0 ? 5 : 1;
                for (int line = 0; line < lines; line++)
                    Assert.StartsWith(line == 4 ? "*3" : "+", await client.ReadLineAsync(), StringComparison.Ordinal);
                if (n % 8 == 0)
                    await SkipAsync(client);
                Assert.StartsWith(":", await other.ReadLineAsync(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>What follows the first line of the transaction's list: two numbers and a list of bulk strings.</summary>
    private static async Task SkipAsync(TestClient client)
    {
        Assert.StartsWith(":", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith(":", await client.ReadLineAsync(), StringComparison.Ordinal);
        string? head = await client.ReadLineAsync();
        for (int left = 2 * int.Parse(head![1..], System.Globalization.CultureInfo.InvariantCulture); left > 0; left--)
            await client.ReadLineAsync();
    }

    private static BroadcasterUnderTest Start(BroadcastSettings settings, RealServer nats, int life, params RealServer[] servers)
    {
        Assert.True(NatsUrl.TryParse($"nats://{nats.Address}/orders", out NatsUrl? url, out string fault), fault);
        return BroadcasterUnderTest.Start(settings, [.. servers.Select(static server => server.Address)], TimeProvider.System, pool =>
        {
            var log = new NatsLog(new NatsSettings(url!) { Replicas = 1 }, pool, TimeProvider.System);
            return new OrderedLog(log, log, $"{life:x16}", "test", $"test, broadcaster {life}");
        });
    }
}
