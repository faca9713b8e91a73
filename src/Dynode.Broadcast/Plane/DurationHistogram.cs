using System.Collections.Immutable;

namespace Dynode.Broadcast.Plane;

/// <summary>
/// How long requests took, from their place in the log to their answer, or to that place: counts in steps that are a hundredth to a tenth of their value.
/// <code>
///   up to 10 ms: each 0.1 ms   100 ms: each 1 ms   1 s: each 10 ms   10 s: each 100 ms   beyond: one
/// </code>
/// Values only.
/// </summary>
public sealed class DurationHistogram
{
    /// <summary>What is counted in: 0.1 ms, in ticks.</summary>
    public const long UnitTicks = TimeSpan.TicksPerMillisecond / 10;

    /// <summary>How many counts there are; the last is of what took longer than any step.</summary>
    public const int Steps = 372;

    private const int Fine = 100;
    private const int Step = 90;

    private readonly ImmutableArray<long> _counts;

    /// <param name="counts">For each step, see <see cref="StepOf"/>.</param>
    /// <param name="sumUnits">All together, in units.</param>
    public DurationHistogram(ImmutableArray<long> counts, long sumUnits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(counts.Length, Steps);
        _counts = counts;
        Sum = TimeSpan.FromTicks(sumUnits * UnitTicks);
        Count = counts.Sum();
    }

    /// <summary>Requests that were counted.</summary>
    public long Count { get; }

    /// <summary>What they took, together.</summary>
    public TimeSpan Sum { get; }

    /// <summary>Where a duration is counted.</summary>
    /// <param name="units">Of 0.1 ms.</param>
    public static int StepOf(uint units)
    {
        if (units <= Fine)
            return (int)units;
        uint width = 1;
        int first = Fine;
        for (uint end = Fine; end < 100_000; end *= 10, first += Step)
        {
            width *= 10;
            if (units <= end * 10)
                return first + (int)((units - end + width - 1) / width);
        }

        return Steps - 1;
    }

    /// <summary>The longest duration that is counted in a step; null: there is none.</summary>
    public static TimeSpan? EndOf(int step)
    {
        if (step >= Steps - 1)
            return null;
        long units = step;
        if (step > Fine)
        {
            int decade = (step - Fine - 1) / Step;
            long end = Fine * (long)Math.Pow(10, decade);
            units = end + ((step - Fine - (decade * Step)) * end / 10);
        }

        return TimeSpan.FromTicks(units * UnitTicks);
    }

    /// <summary>How many took no longer.</summary>
    /// <param name="longest">The end of a step.</param>
    public long CountUpTo(TimeSpan longest)
    {
        long count = 0;
        for (int step = 0; step < Steps && EndOf(step) <= longest; step++)
            count += _counts[step];
        return count;
    }

    /// <summary>What that share of those took at most that were answered since.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    /// <param name="before">An earlier one of the same requests; null: none of them.</param>
    /// <returns>Null: none was answered since, or it took longer than any step.</returns>
    public TimeSpan? Quantile(double share, DurationHistogram? before)
    {
        double wanted = Math.Ceiling(share * (Count - (before?.Count ?? 0)));
        if (wanted <= 0)
            return null;
        for (int step = 0; step < Steps; step++)
        {
            wanted -= _counts[step] - (before?._counts[step] ?? 0);
            if (wanted <= 0)
                return EndOf(step);
        }

        return null;
    }
}
