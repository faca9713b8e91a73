using System.Collections.Concurrent;
using Dynode.Streams.Claims;

namespace Dynode.Streams.Regions;

/// <summary>
/// Says beside the stream what the own servers replied to each range of it, and compares that with what other broadcasters say: three times in a lease at most, and nothing at all where nothing is new.
/// <code>
///   living ─ who has which slot ──▶ replies.0, replies.1, …   the newest ranges of whoever has that slot
/// </code>
/// What it has found may be asked from any thread.
/// </summary>
public sealed class RangeWatch : IAsyncDisposable
{
    /// <summary>Whoever has said nothing of a range after so many looks will not: it is looked for with the next.</summary>
    private const int LooksMax = 64;

    private readonly IStreamKeys _keys;
    private readonly string _broadcaster;
    private readonly string _stream;
    private readonly TimeSpan _pace;
    private readonly TimeProvider _time;
    private readonly LookLoop _looks;
    private readonly RangeComparison _comparison = new();
    private readonly ConcurrentQueue<RangeReplies> _news = new();
    private readonly ConcurrentQueue<RangeDifference> _differences = new();
    private long _lookedAt;
    private int _looksLeft;
    private bool _isSaid = true;
    private long _compared;
    private long _differing;
    private long _unlike;

    /// <summary>Begins to look.</summary>
    /// <param name="keys">Beside the stream.</param>
    /// <param name="broadcaster">16 hexadecimal digits, of this life.</param>
    /// <param name="stream">Which: <see cref="StreamIdentity.ToString"/>.</param>
    /// <param name="lease">How long a broadcaster is taken to live that does not say so.</param>
    /// <param name="time">The clock.</param>
    public RangeWatch(IStreamKeys keys, string broadcaster, string stream, TimeSpan lease, TimeProvider time)
    {
        (_keys, _broadcaster, _stream, _pace, _time) = (keys, broadcaster, stream, lease / 3, time);
        _lookedAt = time.GetTimestamp();

        // What could not be said or seen at one look is at the next: that nothing is to be had from beside the stream is said by those that need it more.
        _looks = new LookLoop(lease, time, LookAsync, static _ => { });
    }

    /// <inheritdoc cref="RangeComparison.Compared"/>
    public long Compared => Interlocked.Read(ref _compared);

    /// <inheritdoc cref="RangeComparison.Differing"/>
    public long Differing => Interlocked.Read(ref _differing);

    /// <inheritdoc cref="RangeComparison.Unlike"/>
    public long Unlike => Interlocked.Read(ref _unlike);

    /// <summary>What the own servers replied to a range: said at the next look.</summary>
    public void Say(in RangeReplies own) => _news.Enqueue(own);

    /// <summary>The oldest difference that was found and not taken.</summary>
    public bool TryTake(out RangeDifference difference) => _differences.TryDequeue(out difference);

    /// <summary>Looks no more. What was said stays until another has its slot.</summary>
    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    private async Task LookAsync(CancellationToken cancellation)
    {
        if (_time.GetElapsedTime(_lookedAt) < _pace)
            return;
        while (_news.TryDequeue(out var own))
        {
            if (_comparison.TryAdd(own))
                (_isSaid, _looksLeft) = (false, LooksMax);
        }

        if (_looksLeft == 0)
            return;
        _lookedAt = _time.GetTimestamp();
        var living = await _keys.GetAsync(LivingTable.Key, cancellation).ConfigureAwait(false);
        if (living is null || LivingTable.Read(living.Value.Span) is not { } table)
            return;
        _looksLeft--;
        if (!_isSaid)
            _isSaid = await TrySayAsync(table, cancellation).ConfigureAwait(false);
        _comparison.Keep([.. table.Lines.Select(static line => line.Broadcaster)]);
        bool awaits = !_isSaid;
        foreach (var line in table.Lines)
        {
            if (line.Broadcaster == _broadcaster || !_comparison.Awaits(line.Broadcaster))
                continue;
            await CompareAsync(line, cancellation).ConfigureAwait(false);
            awaits |= _comparison.Awaits(line.Broadcaster);
        }

        if (!awaits)
            _looksLeft = 0;
    }

    /// <returns>False: this one has no slot yet, or another wrote there.</returns>
    private async Task<bool> TrySayAsync(LivingTable table, CancellationToken cancellation)
    {
        int slot = table.Lines.Where(line => line.Broadcaster == _broadcaster).Select(static line => line.Slot).FirstOrDefault(-1);
        if (slot < 0)
            return false;
        string key = RangeList.KeyOf(slot);
        var there = await _keys.GetAsync(key, cancellation).ConfigureAwait(false);
        var list = new RangeList(_broadcaster, _stream, _comparison.Own);
        return await _keys.TryPutAsync(key, list.Write(), there?.Revision ?? 0, cancellation).ConfigureAwait(false) is not null;
    }

    private async Task CompareAsync(LivingLine line, CancellationToken cancellation)
    {
        var value = await _keys.GetAsync(RangeList.KeyOf(line.Slot), cancellation).ConfigureAwait(false);
        if (value is null || RangeList.Read(value.Value.Span) is not { } list || list.Broadcaster != line.Broadcaster || list.Stream != _stream)
            return;
        _comparison.Compare(line.Broadcaster, line.Where, list.Ranges, _differences.Enqueue);
        Interlocked.Exchange(ref _compared, _comparison.Compared);
        Interlocked.Exchange(ref _differing, _comparison.Differing);
        Interlocked.Exchange(ref _unlike, _comparison.Unlike);
    }
}
