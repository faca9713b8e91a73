using Dynode.Broadcast.Backends;

namespace Dynode.UnitTests.Broadcast.Backends;

public sealed class BackoffTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    [Fact]
    public void The_first_retry_is_at_once() => Assert.Equal(TimeSpan.Zero, Backoff.Delay(1, Longest, 0.999));

    [Fact]
    public void Waits_double_from_a_tenth_of_a_second_up_to_the_longest()
    {
        var waits = Enumerable.Range(2, 9).Select(failures => Backoff.Delay(failures, Longest, 1.0).TotalSeconds);
        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10], waits.Select(wait => Math.Round(wait, 6)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public void Jitter_takes_away_at_most_half(int failures)
    {
        var full = Backoff.Delay(failures, Longest, 1.0);
        Assert.Equal(full / 2, Backoff.Delay(failures, Longest, 0));
        Assert.InRange(Backoff.Delay(failures, Longest, 0.3), full / 2, full);
        Assert.InRange(full, TimeSpan.Zero, Longest);
    }

    [Fact]
    public void A_longest_wait_below_the_first_holds_from_the_start() =>
        Assert.Equal(TimeSpan.FromSeconds(0.05), Backoff.Delay(2, TimeSpan.FromSeconds(0.05), 1.0));
}
