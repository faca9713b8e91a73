using System.Diagnostics;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Streams;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>Broadcasters that follow one stream, which is in memory.</summary>
internal sealed class OrderedBroadcasters : IDisposable
{
    private readonly List<BroadcasterUnderTest> _all = [];
    private int _lives;

    public OrderedBroadcasters(TimeProvider? time = null, StreamFaults? faults = null, StreamIdentity? identity = null)
    {
        Time = time ?? TimeProvider.System;
        Stream = new StreamInMemory(identity ?? new StreamIdentity("orders", 1), Time) { Faults = faults };
    }

    public TimeProvider Time { get; }

    public StreamInMemory Stream { get; }

    /// <summary>All that were started, the first one first.</summary>
    public IReadOnlyList<BroadcasterUnderTest> All => _all;

    /// <summary>Of each that was started, the first one first.</summary>
    public List<ScriptedLog> Logs { get; } = [];

    /// <summary>Of each that was started, the first one first.</summary>
    public List<CutKeys> Keys { get; } = [];

    public BroadcasterUnderTest Start(BroadcastSettings settings, params string[] servers) => Start(settings, null, servers);

    /// <summary>With a resolver of its own: what others reach by a name it may not.</summary>
    public BroadcasterUnderTest Start(BroadcastSettings settings, NameLookups? lookups, params string[] servers)
    {
        string life = $"{++_lives:x16}";
        var broadcaster = BroadcasterUnderTest.Start(settings, servers, Time, pool =>
        {
            Logs.Add(Stream.Log(pool));
            Keys.Add(new CutKeys(Stream.Keys));
            return new OrderedLog(Logs[^1], Keys[^1], life, "test", $"test, broadcaster {life}");
        }, lookups);
        _all.Add(broadcaster);
        return broadcaster;
    }

    /// <summary>Numbers, each behind the answer to the one before.</summary>
    public static async Task WriteAsync(TestClient client, int from, int to)
    {
        for (int n = from; n < to; n++)
        {
            await client.SendAsync($"RPUSH list {n}\r\n");
            Assert.Equal("+OK", await client.ReadLineAsync());
        }
    }

    /// <summary>Done when a server's place that is kept beside the stream is so far.</summary>
    public async Task PlaceAsync(string server, ulong number)
    {
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            var value = await Stream.Keys.GetAsync(ClaimedServer.KeyOf($"test/{server}"), TestContext.Current.CancellationToken);
            if (value is not null && ClaimedServer.Read(value.Value.Span)?.Place?.Number >= number)
                return;
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, Dump());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A server that nobody has stands there from now on, by what is kept beside the stream.</summary>
    public async Task StandsAsync(string server, ulong number, Func<byte[], byte[]> table)
    {
        string key = ClaimedServer.KeyOf($"test/{server}");
        var value = await Stream.Keys.GetAsync(key, TestContext.Current.CancellationToken) ?? throw new ExpectationException(Dump());
        var claimed = ClaimedServer.Read(value.Value.Span)!;
        var place = claimed.Place! with { Number = number, Table = table(claimed.Place.Table.ToArray()) };
        Assert.NotNull(await Stream.Keys.TryPutAsync(key, (claimed with { Place = place }).Write(), value.Revision, TestContext.Current.CancellationToken));
    }

    /// <summary>Lets the stream's faults happen, step by step, until the test is over.</summary>
    public async Task FailAsync(TimeSpan step, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(step);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
                Stream.Happen();
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    public string Dump() => string.Join("\n\n", _all.Select(static broadcaster => broadcaster.Dump()));

    public void Dispose() => _all.ForEach(static broadcaster => broadcaster.Dispose());
}
