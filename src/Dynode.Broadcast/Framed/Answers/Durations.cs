using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// How long each request takes that a client waits for. One writer, the turns, whose time is a request's too: no clock is read for it,
/// and nothing is allocated. In turns only.
/// </summary>
internal sealed class Durations
{
    private readonly DurationCounts _counts = new();
    private uint _slowFrom = uint.MaxValue;

    /// <summary>Requests that took too long, so far.</summary>
    public long Slow { get; private set; }

    /// <summary>The turn's time, in units of <see cref="DurationHistogram.UnitTicks"/>; it wraps after five days.</summary>
    public uint Now { get; private set; }

    /// <summary>A turn begins.</summary>
    /// <param name="now">Its time, in ticks.</param>
    /// <param name="slow">What takes so long is slow; zero: nothing is.</param>
    public void Turn(long now, TimeSpan slow)
    {
        Now = (uint)(now / DurationHistogram.UnitTicks);
        _slowFrom = slow == TimeSpan.Zero ? uint.MaxValue : (uint)Math.Min(uint.MaxValue, slow.Ticks / DurationHistogram.UnitTicks);
    }

    /// <summary>A request is answered.</summary>
    /// <param name="openedAt"><see cref="Now"/> when it came.</param>
    public void Answered(uint openedAt)
    {
        uint units = Now - openedAt;
        _counts.Add(units);
        if (units >= _slowFrom)
            Slow++;
    }

    /// <summary>It has taken too long already.</summary>
    public bool IsSlow(uint openedAt) => Now - openedAt >= _slowFrom;

    /// <summary>How long ago that was.</summary>
    public TimeSpan Since(uint openedAt) => TimeSpan.FromTicks((Now - openedAt) * DurationHistogram.UnitTicks);

    public DurationHistogram Snapshot() => _counts.Snapshot();
}
