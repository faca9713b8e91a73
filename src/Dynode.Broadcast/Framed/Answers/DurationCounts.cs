using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>What a <see cref="DurationHistogram"/> is made of, while it is counted: nothing is allocated. In turns only.</summary>
internal sealed class DurationCounts
{
    private readonly long[] _counts = new long[DurationHistogram.Steps];
    private long _sum;

    /// <summary>One more.</summary>
    /// <param name="units">How long it took, in units of <see cref="DurationHistogram.UnitTicks"/>.</param>
    public void Add(uint units)
    {
        _counts[DurationHistogram.StepOf(units)]++;
        _sum += units;
    }

    public DurationHistogram Snapshot() => new([.. _counts], _sum);
}
