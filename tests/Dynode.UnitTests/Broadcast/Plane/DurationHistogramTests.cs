using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Plane;

/// <summary>Durations are counted in steps that hold each of them, and are never told shorter than they were.</summary>
public sealed class DurationHistogramTests
{
    /// <summary>The buckets of the metric, in milliseconds.</summary>
    private static readonly double[] Buckets = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(0.1);

    [Fact]
    public void Every_duration_lies_in_the_step_that_it_is_counted_in_and_no_step_is_wider_than_a_tenth()
    {
        int last = 0;
        for (uint units = 0; units <= 100_001; units++)
        {
            int step = DurationHistogram.StepOf(units);
            Assert.InRange(step, last, last + 1);
            last = step;
            if (DurationHistogram.EndOf(step) is not { } end)
            {
                Assert.Equal(100_001u, units);
                break;
            }

            long ticks = units * DurationHistogram.UnitTicks;
            Assert.InRange(end.Ticks - ticks, 0, Math.Max(0, ticks / 10));
        }

        Assert.Equal(DurationHistogram.Steps - 1, last);
        Assert.Equal(DurationHistogram.Steps - 1, DurationHistogram.StepOf(uint.MaxValue));
    }

    [Fact]
    public void The_counts_and_the_quantiles_are_those_of_the_durations_themselves() => Seed.Run(random =>
    {
        for (int round = 0; round < 200; round++)
        {
            var durations = new Durations();
            DurationHistogram? before = null;
            var since = new List<double>();
            var all = new List<double>();
            int count = random.Next(1, 400);
            for (int i = 0; i < count; i++)
            {
                double ticks = Math.Pow(10, random.NextDouble() * 6) * DurationHistogram.UnitTicks;
                long at = random.NextInt64(1, long.MaxValue / 4);
                durations.Turn(at, Slow);
                uint opened = durations.Now;
                durations.Turn(at + (long)ticks, Slow);
                double units = durations.Now - opened;
                durations.Answered(opened);
                all.Add(units);
                since.Add(units);
                if (random.Next(count) == 0)
                {
                    before = durations.Snapshot();
                    since.Clear();
                }
            }

            var now = durations.Snapshot();
            Assert.Equal(count, now.Count);
            Assert.Equal(all.Count(units => units >= Slow.Ticks / DurationHistogram.UnitTicks), durations.Slow);
            Assert.Equal(all.Sum() * DurationHistogram.UnitTicks, now.Sum.Ticks);
            foreach (double bucket in Buckets)
                Assert.Equal(all.Count(units => units <= bucket * 10), now.CountUpTo(TimeSpan.FromMilliseconds(bucket)));
            foreach (double share in new[] { 0.01, 0.5, 0.9, 0.99, 1 })
            {
                var told = now.Quantile(share, before);
                if (since.Count == 0)
                {
                    Assert.Null(told);
                    continue;
                }

                double units = since.Order().ElementAt((int)Math.Ceiling(share * since.Count) - 1);
                if (units > 100_000)
                    Assert.Null(told);
                else
                    Assert.InRange(told!.Value.Ticks / (double)DurationHistogram.UnitTicks, units, units * 1.1);
            }
        }
    });

    [Fact]
    public void A_histogram_of_another_shape_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DurationHistogram(ImmutableArray.Create(1L), 1));
}
