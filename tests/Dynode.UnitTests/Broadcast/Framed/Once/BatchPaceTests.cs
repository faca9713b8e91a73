using Dynode.Broadcast.Framed.Once;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

public sealed class BatchPaceTests
{
    private BatchPace _pace = BatchPace.New;
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Slow_requests_make_batches_short_at_once_and_quick_ones_long_again_bit_by_bit()
    {
        Assert.Equal(BatchPace.FirstMax, _pace.Requests);
        Took(0, 1);
        Assert.Equal(1, _pace.Flights);
        Took(16, 1);
        Assert.Equal(8, _pace.Flights);
        Assert.Equal(32, _pace.Requests);
        Took(1, TimeSpan.FromMilliseconds(100).Ticks);
        Assert.Equal(1, _pace.Requests);
        Took(1, TimeSpan.FromMilliseconds(1).Ticks);
        Assert.Equal(2, _pace.Requests);
        Took(2, 1);
        Assert.Equal(4, _pace.Requests);

        // Of one that was always quick.
        _pace = BatchPace.New;
        for (int i = 0; i < 10; i++)
            Took(_pace.Requests, 1);
        Assert.Equal(BatchPace.RequestsMax, _pace.Requests);
        Took(512, TimeSpan.FromMilliseconds(10).Ticks);
        Assert.Equal(256, _pace.Requests);
        Took(0, TimeSpan.TicksPerSecond);
        Assert.Equal(256, _pace.Requests);
    }

    /// <summary>A server that is sent several at once answers them at once: all but the first seem to have taken no time.</summary>
    [Theory]
    [InlineData(1, 8, 100)]
    [InlineData(4, 3, 20)]
    public void Those_that_are_answered_together_have_taken_what_the_first_did_together(int requests, int batches, int millisecondsEach)
    {
        Took(1, TimeSpan.FromMilliseconds(100).Ticks);
        for (int round = 0; round < 5; round++)
        {
            long sentAt = _now;
            _now += TimeSpan.FromMilliseconds(requests * batches * millisecondsEach).Ticks;
            for (int i = 0; i < batches; i++)
                _pace.Took(requests, sentAt, _now);
            Assert.Equal(1, _pace.Requests);
        }
    }

    [Fact]
    public void Those_that_are_quick_together_make_the_next_twice_as_long_and_no_longer()
    {
        Took(1, TimeSpan.FromMilliseconds(100).Ticks);
        _now++;
        for (int i = 0; i < 8; i++)
            _pace.Took(1, _now - 1, _now);
        Assert.Equal(2, _pace.Requests);
    }

    /// <summary>A server far away, or one that others keep busy, is not a slow one: as much is sent to it as it can do, and no more at once than it is done with in some milliseconds.</summary>
    /// <param name="way">There and back, in milliseconds.</param>
    /// <param name="varies">Each answer takes up to so much longer.</param>
    /// <param name="each">What the server needs for a request.</param>
    [Theory]
    [InlineData(0.1, 0, 0.002)]
    [InlineData(0.1, 0, 0.1)]
    [InlineData(0.1, 20, 1)]
    [InlineData(0.1, 20, 60)]
    [InlineData(10, 20, 0.002)]
    [InlineData(80, 0, 0.002)]
    [InlineData(80, 0, 0.1)]
    [InlineData(80, 0, 1)]
    [InlineData(80, 20, 0.002)]
    [InlineData(80, 20, 0.1)]
    [InlineData(200, 0, 0.002)]
    [InlineData(200, 0, 60)]
    public void The_way_is_not_taken_for_work(double way, double varies, double each) => Seed.Run(random =>
    {
        const double AimMilliseconds = 5;
        const int FlightsMax = 8;
        var server = new PacedServer(way, varies, each, random);
        (double perSecond, double work) = server.Run(1_000);
        double most = Math.Min(1000 / each, FlightsMax * Math.Clamp(AimMilliseconds / each, 1, BatchPace.RequestsMax) / (way + varies) * 1000);
        Assert.True(perSecond > most / 3, $"{perSecond} a second, of {most}");
        Assert.True(work < 3 * Math.Max(AimMilliseconds, each), $"{work} ms at once");
    });

    /// <summary>What was near is far away from now on.</summary>
    [Fact]
    public void A_way_that_has_become_longer_is_measured_again()
    {
        var server = new PacedServer(1, 0, 0.002, new Random(1));
        Assert.True(server.Run(1_000).PerSecond > 100_000);
        server.Way = 80;
        server.Run(4_000);
        Assert.True(server.Run(1_000).PerSecond > 20_000);
    }

    private void Took(int requests, long ticks) => _pace.Took(requests, _now, _now += ticks);
}
