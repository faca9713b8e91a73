using Dynode.Broadcast.Framed.Once;

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
        Assert.False(_pace.IsKnown);
        Took(16, 1);
        Assert.True(_pace.IsKnown);
        Assert.Equal(32, _pace.Requests);
        Took(1, TimeSpan.FromMilliseconds(100).Ticks);
        Assert.Equal(1, _pace.Requests);
        Took(1, TimeSpan.FromMilliseconds(1).Ticks);
        Assert.Equal(2, _pace.Requests);
        Took(2, 1);
        Assert.Equal(4, _pace.Requests);
        for (int i = 0; i < 10; i++)
            Took(_pace.Requests, 1);
        Assert.Equal(BatchPace.RequestsMax, _pace.Requests);
        Took(512, TimeSpan.FromMilliseconds(10).Ticks);
        Assert.Equal(256, _pace.Requests);
        Took(0, TimeSpan.TicksPerHour);
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

    private void Took(int requests, long ticks) => _pace.Took(requests, _now, _now += ticks);
}
