using Dynode.Broadcast.Plane;

namespace Dynode.UnitTests.Broadcast.Plane;

public sealed class HoldBudgetTests
{
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(5);

    [Fact]
    public void It_begins_full() => Assert.Equal(Max.Ticks, default(HoldBudget).Remaining(0, Max));

    [Fact]
    public void What_was_held_is_gone_and_comes_back_by_one_second_in_twenty()
    {
        var budget = default(HoldBudget);
        budget.Spend(Seconds(10), Seconds(13));
        Assert.Equal(Seconds(2), budget.Remaining(Seconds(13), Max));
        Assert.Equal(Seconds(3), budget.Remaining(Seconds(33), Max));
        Assert.Equal(Seconds(5), budget.Remaining(Seconds(13 + 60), Max));
        Assert.Equal(Seconds(5), budget.Remaining(Seconds(1_000), Max));
    }

    [Fact]
    public void It_never_goes_below_zero_for_who_reads_it_and_half_of_it_takes_fifty_seconds()
    {
        var budget = default(HoldBudget);
        budget.Spend(0, Seconds(5));
        Assert.Equal(0, budget.Remaining(Seconds(5), Max));
        Assert.False(budget.IsHalfFull(Seconds(5), Max));
        Assert.Equal(Seconds(55), budget.HalfFullAt(Seconds(5), Max));
        Assert.False(budget.IsHalfFull(Seconds(55) - 20, Max));
        Assert.True(budget.IsHalfFull(Seconds(55), Max));
    }

    [Fact]
    public void Over_a_long_time_a_server_holds_at_most_a_twentieth_of_it()
    {
        var budget = default(HoldBudget);
        long now = 0;
        long held = 0;
        while (now < Seconds(10_000))
        {
            long can = budget.Remaining(now, Max);
            budget.Spend(now, now + can);
            held += can;
            now += can + Seconds(7);
        }

        Assert.InRange(held, Seconds(400), Seconds(505));
    }

    private static long Seconds(double seconds) => TimeSpan.FromSeconds(seconds).Ticks;
}
