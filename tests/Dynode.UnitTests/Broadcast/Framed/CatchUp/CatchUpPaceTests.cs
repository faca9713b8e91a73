using Dynode.Broadcast.Framed.CatchUp;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.CatchUp;

public sealed class CatchUpPaceTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Without_a_rate_all_may_be_taken_at_once()
    {
        var pace = new CatchUpPace { BytesMax = 0 };
        pace.Turn(0, 0);
        pace.Took(long.MaxValue / 4);
        Assert.True(pace.MayTake);
    }

    [Theory]
    [InlineData(1_000_000, 0, 1_000_000)]
    [InlineData(1_000_000, 499_999, 1_000_000)]
    [InlineData(1_000_000, 500_000, 1_000_000)]
    [InlineData(1_000_000, 600_000, 1_200_000)]
    [InlineData(1_000_000, 10_000_000, 20_000_000)]
    public void It_is_the_rate_and_never_below_twice_what_is_appended(long rate, long appended, long expected) => Seed.Run(random =>
    {
        var pace = new CatchUpPace { BytesMax = rate };
        long taken = 0;
        long now = 0;
        for (; now < 100 * Second; now += random.Next(1, (int)CatchUpPace.KeptFor))
        {
            pace.Turn(now, appended);
            for (; pace.MayTake; taken += 5_000)
                pace.Took(5_000);
        }

        // What may be taken at the beginning, and an entry more.
        double most = (expected * (now + CatchUpPace.KeptFor) / (double)Second) + 5_000;
        double least = expected * (now - CatchUpPace.KeptFor) / (double)Second;
        Assert.InRange(taken, least, most);
    });

    [Fact]
    public void What_was_not_taken_for_long_is_lost_and_a_clock_that_stands_gives_nothing()
    {
        var pace = new CatchUpPace { BytesMax = 1_000 };
        pace.Turn(0, 0);
        pace.Turn(1_000 * Second, 0);
        pace.Took(100);
        Assert.False(pace.MayTake);
        pace.Turn(1_000 * Second, 0);
        Assert.False(pace.MayTake);
        pace.Turn((1_000 * Second) + (Second / 1_000), 0);
        Assert.True(pace.MayTake);
    }

    /// <summary>Against one that remembers each byte's time.</summary>
    [Fact]
    public void What_is_appended_is_measured_over_the_last_ten_seconds() => Seed.Run(random =>
    {
        var rate = new AppendRate();
        var all = new List<(long Second, long Bytes)>();
        long now = random.Next(0, 1_000) * Second;
        long bytes = random.Next(1_000);
        long first = now / Second;
        rate.Look(now, bytes);
        for (int i = 0; i < 300; i++)
        {
            now += random.Next(10) == 0 ? random.Next(30) * Second : random.Next((int)(Second * 2));
            long more = random.Next(100_000);
            bytes += more;
            all.Add((now / Second, more));
            rate.Look(now, bytes);
            long seconds = Math.Min(10, (now / Second) - first + 1);
            Assert.Equal(all.Where(one => one.Second > (now / Second) - 10).Sum(static one => one.Bytes) / seconds, rate.BytesPerSecond);
        }
    });
}
