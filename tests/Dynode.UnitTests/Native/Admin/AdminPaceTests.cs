using Dynode.Native.Admin;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>How often the admin side answers: as many at once as come, so many a second, each in its turn.</summary>
public sealed class AdminPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(AdminPace.PerSecondMax / 2, AdminPace.PerSecondMax / 2)]
    public void So_many_are_answered_at_once_and_those_beyond_wait(int beyond, int waiting)
    {
        var pace = new AdminPace(_time);
        Task[] all = [.. Enumerable.Range(0, AdminPace.BurstMax + beyond).Select(_ => pace.NextAsync())];
        Assert.Equal(waiting, all.Count(static one => !one.IsCompleted));
        for (int left = waiting; left > 0; left--)
        {
            Assert.Equal(left, all.Count(static one => !one.IsCompleted));
            _time.Advance(TimeSpan.FromSeconds(1) / AdminPace.PerSecondMax);
        }

        Assert.All(all, static one => Assert.True(one.IsCompleted));
    }

    [Fact]
    public void A_second_of_quiet_brings_a_second_s_worth_and_a_day_no_more_than_a_burst()
    {
        var pace = new AdminPace(_time);
        foreach (TimeSpan quiet in new[] { TimeSpan.FromDays(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1) })
        {
            _time.Advance(quiet);
            Assert.Equal(AdminPace.BurstMax, Enumerable.Range(0, AdminPace.BurstMax + 10).Count(_ => pace.NextAsync().IsCompleted));
            _time.Advance(TimeSpan.FromSeconds(0.1));
        }
    }

    /// <summary>Those who came in a storm and have lost their places since hold up nobody behind it.</summary>
    [Fact]
    public void Whatever_has_come_before_nobody_waits_longer_than_as_many_as_there_are_places()
    {
        var pace = new AdminPace(_time);
        for (int i = 0; i < 10_000; i++)
            _ = pace.NextAsync();
        Task next = pace.NextAsync();
        _time.Advance((TimeSpan.FromSeconds(1) / AdminPace.PerSecondMax * OpenConnections.Most) - TimeSpan.FromMilliseconds(1));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(next.IsCompleted);
    }

    /// <summary>With as many connections as there may be, whoever has come last waits for less than a second.</summary>
    [Fact]
    public void Nobody_waits_for_a_second() => Assert.True((double)OpenConnections.Most / AdminPace.PerSecondMax < 1);
}
