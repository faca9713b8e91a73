using System.Diagnostics;
using System.Globalization;
using Dynode.Broadcast;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>
/// A client beside those that a test is about: it counts by INCR, one request after the other, for as long as it is there. Each
/// answer must be the next number; how long the slowest took, and the most that the pool held meanwhile, are kept.
/// </summary>
internal sealed class Neighbour : IDisposable
{
    /// <summary>Beyond this a neighbour was hurt, on however slow a machine.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(10);

    private readonly BroadcasterUnderTest _broadcaster;
    private readonly TestClient _client;
    private readonly Task _counting;
    private long _answers;
    private long _worstTicks;
    private long _mostBytes;
    private volatile bool _ended;

    private Neighbour(BroadcasterUnderTest broadcaster, TestClient client)
    {
        _broadcaster = broadcaster;
        _client = client;
        _counting = Task.Run(CountAsync);
    }

    public long Answers => Volatile.Read(ref _answers);

    /// <summary>Of the slowest answer.</summary>
    public TimeSpan Worst => TimeSpan.FromTicks(Volatile.Read(ref _worstTicks));

    public static async Task<Neighbour> JoinAsync(BroadcasterUnderTest broadcaster) => new(broadcaster, await broadcaster.ConnectAsync());

    /// <summary>It is answered so often from now on.</summary>
    public async Task CountsOnAsync(int answers)
    {
        long wanted = Answers + answers;
        await Eventually.True(() => _counting.IsCompleted || Answers >= wanted, _broadcaster.Dump);
        if (_counting.IsCompleted)
            await _counting;
    }

    /// <summary>Takes leave: it was not hurt, nor was the bound of the memory.</summary>
    public async Task<string> LeaveAsync()
    {
        _ended = true;
        await _counting;
        _client.Dispose();
        var memory = _broadcaster.Snapshot.Memory;
        Assert.InRange(Worst, TimeSpan.Zero, DelayMax);
        Assert.InRange(memory.PeakBytes, 1, memory.BytesMax);
        Assert.InRange(Volatile.Read(ref _mostBytes), 0, memory.BytesMax);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"neighbour: {Answers} answers, the slowest after {Worst.TotalMilliseconds:0} ms; memory at most {memory.PeakBytes >> 10} of {memory.BytesMax >> 10} KiB");
    }

    public void Dispose()
    {
        _ended = true;
        _client.Dispose();
    }

    private async Task CountAsync()
    {
        while (!_ended)
        {
            long began = Stopwatch.GetTimestamp();
            await _client.SendAsync("INCR neighbour\r\n");
            string? answer = await _client.ReadLineAsync();
            long ticks = Stopwatch.GetElapsedTime(began).Ticks;
            long number = Interlocked.Increment(ref _answers);
            if (answer != string.Create(CultureInfo.InvariantCulture, $":{number}"))
                throw new ExpectationException($"answer {number} was {answer}");
            Volatile.Write(ref _worstTicks, Math.Max(Worst.Ticks, ticks));
            if (number % 8 == 0)
                Look(_broadcaster.Snapshot);
        }
    }

    private void Look(BroadcastSnapshot now)
    {
        var memory = now.Memory;
        Volatile.Write(ref _mostBytes, Math.Max(_mostBytes, memory.SlabBytes));
        bool within = memory.BacklogBytes <= memory.BytesMax / 2 && memory.ReplyBytes <= memory.BytesMax / 4 && memory.RequestBytes <= memory.BytesMax / 4;
        if (!within)
            throw new ExpectationException($"a share is overdrawn: {memory}");
    }
}
