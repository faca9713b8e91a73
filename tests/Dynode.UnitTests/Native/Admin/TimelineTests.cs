using Dynode.Native.Admin;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>How long ago a count was passed, against a list of everything that happened.</summary>
public sealed class TimelineTests
{
    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void Ages_are_those_of_what_happened_within_the_time_between_two_looks() => Seed.Run(random =>
    {
        for (int round = 0; round < 300; round++)
        {
            var line = new Timeline();
            var happened = new List<(double At, long Count)>();
            long count = random.Next(100);
            double now = 0;
            var looks = new List<double>();
            for (int i = 0; i < 60; i++)
            {
                for (int j = random.Next(4); j > 0; j--)
                    happened.Add((now + (random.NextDouble() * 0.99), count += random.Next(1, 100)));
                happened.Sort();
                for (int j = 1; j < happened.Count; j++)
                    happened[j] = (happened[j].At, Math.Max(happened[j].Count, happened[j - 1].Count));
                now += 1;
                looks.Add(now);
                line.Add(S(now), count);
            }

            for (int i = 0; i < 20 && happened.Count > 0; i++)
            {
                // Not acknowledged is what came behind this: the first of it is what happened next.
                var (_, done) = happened[random.Next(happened.Count)];
                var first = happened.Find(one => one.Count > done);
                if (first == default)
                    continue;
                double age = now - first.At;
                if (line.AgeOf(done, S(now)) is { } told)
                    Assert.InRange(told.TotalSeconds, age - 1.01, age + 1.01);
                else
                    Assert.True(first.At <= looks[0]);
            }
        }
    });

    [Fact]
    public void What_comes_after_a_long_silence_is_young()
    {
        var line = new Timeline();
        line.Add(S(0), 100);
        for (int i = 1; i <= 600; i++)
            line.Add(S(i), 100);
        line.Add(S(601), 200);
        Assert.Equal(1, line.AgeOf(100, S(601))!.Value.TotalSeconds, 3);
        Assert.Equal(10, line.AgeOf(100, S(610))!.Value.TotalSeconds, 3);
        Assert.Equal(TimeSpan.Zero, line.AgeOf(200, S(610)));
        Assert.Null(line.AgeOf(99, S(610)));
    }

    /// <summary>A server that is away for days: its age is known, to a part of itself.</summary>
    [Fact]
    public void What_is_old_is_remembered_coarsely_and_never_forgotten()
    {
        var line = new Timeline();
        const int Seconds = 200_000;
        for (int i = 0; i <= Seconds; i++)
            line.Add(S(i), i * 10L);
        foreach (int age in new[] { 1, 5, 60, 600, 6_000, 60_000, 199_000 })
            Assert.InRange(line.AgeOf((Seconds - age) * 10L, S(Seconds))!.Value.TotalSeconds, age * 0.99, age * 1.01);
    }
}
