using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// How long each request takes that a client waits for. One writer, the turns, whose time is a request's too: no clock is read for it,
/// and nothing is allocated. In turns only.
/// </summary>
internal sealed class Durations
{
    private readonly long[] _counts = new long[DurationHistogram.Steps];
    private long _sum;

    /// <summary>The turn's time, in units of <see cref="DurationHistogram.UnitTicks"/>; it wraps after five days.</summary>
    public uint Now { get; private set; }

    /// <summary>A turn begins.</summary>
    /// <param name="now">Its time, in ticks.</param>
    public void Turn(long now) => Now = (uint)(now / DurationHistogram.UnitTicks);

    /// <summary>A request is answered.</summary>
    /// <param name="openedAt"><see cref="Now"/> when it came.</param>
    public void Answered(uint openedAt)
    {
        uint units = Now - openedAt;
        _counts[DurationHistogram.StepOf(units)]++;
        _sum += units;
    }

    /// <summary>How long ago that was.</summary>
    public TimeSpan Since(uint openedAt) => TimeSpan.FromTicks((Now - openedAt) * DurationHistogram.UnitTicks);

    public DurationHistogram Snapshot() => new([.. _counts], _sum);
}
