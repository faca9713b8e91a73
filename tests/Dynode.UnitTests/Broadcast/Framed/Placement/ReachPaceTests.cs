using Dynode.Broadcast.Framed.Placement;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

/// <summary>When a server that cannot be reached from here is to be another's.</summary>
public sealed class ReachPaceTests(ITestOutputHelper output)
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Patience = 12 * Second;

    [Fact]
    public void It_is_away_behind_a_lease_without_a_connection_and_not_before()
    {
        var pace = new ReachPace();
        Look(ref pace, 0, isReached: false);
        Look(ref pace, 11, isReached: false);
        Assert.False(pace.IsAway);
        Look(ref pace, 12, isReached: false);
        Assert.True(pace.IsAway);
    }

    [Fact]
    public void A_connection_in_between_begins_the_lease_anew()
    {
        var pace = new ReachPace();
        Look(ref pace, 0, isReached: false);
        Look(ref pace, 8, isReached: true);
        Look(ref pace, 19, isReached: false);
        Assert.False(pace.IsAway);
        Look(ref pace, 20, isReached: false);
        Assert.True(pace.IsAway);
    }

    [Fact]
    public void Who_has_lost_it_wants_it_again_behind_a_pause_that_doubles_up_to_64_minutes()
    {
        var pace = new ReachPace();
        long now = 0;
        foreach (int minutes in (int[])[1, 2, 4, 8, 16, 32, 64, 64])
        {
            Look(ref pace, now, isReached: false);
            Look(ref pace, now += 12, isReached: false);
            Assert.True(pace.IsAway);
            pace.Look((now + (60 * minutes) - 1) * Second, isOurs: false, isReached: true, Patience);
            Assert.True(pace.IsAway);
            pace.Look((now += 60 * minutes) * Second, isOurs: false, isReached: true, Patience);
            Assert.False(pace.IsAway);
        }
    }

    [Theory]
    [InlineData(59, 2)]
    [InlineData(60, 1)]
    public void A_minute_of_being_connected_makes_the_pause_short_again(int connected, int minutes)
    {
        var pace = new ReachPace();
        Look(ref pace, 0, isReached: false);
        Look(ref pace, 12, isReached: false);
        Look(ref pace, 20, isReached: true);
        Look(ref pace, 20 + connected, isReached: true);
        Look(ref pace, 100 + connected, isReached: false);
        Assert.True(pace.IsAway);
        pace.Look((100 + connected + (60 * minutes) - 1) * Second, isOurs: false, isReached: true, Patience);
        Assert.True(pace.IsAway);
        pace.Look((100 + connected + (60 * minutes)) * Second, isOurs: false, isReached: true, Patience);
        Assert.False(pace.IsAway);
    }

    /// <summary>Whatever becomes of the connection and of the claim: it is given away no more often than once in a lease and a minute.</summary>
    [Fact]
    public Task However_it_flaps_it_goes_to_and_fro_at_a_bounded_pace() => Seed.RunAsync(random =>
    {
        var pace = new ReachPace();
        const int Seconds = 20_000;
        int given = 0;
        bool isOurs = true;
        double flaps = random.NextDouble();
        for (int now = 0; now < Seconds; now++)
        {
            pace.Look(now * Second, isOurs, isReached: random.NextDouble() < flaps * 0.2, Patience);

            // Whoever can reach it has it while this one cannot, and gives it back when this one says that it can.
            if (isOurs && pace.IsAway)
                (isOurs, given) = (false, given + 1);
            else if (!isOurs && !pace.IsAway)
                isOurs = true;
        }

        output.WriteLine($"given away {given} times in {Seconds} s, reached {flaps * 0.2:p0} of the time");
        Assert.InRange(given, 1, (Seconds / (60 + 12)) + 1);
        return Task.CompletedTask;
    });

    private static void Look(ref ReachPace pace, long seconds, bool isReached) => pace.Look(seconds * Second, isOurs: true, isReached, Patience);
}
