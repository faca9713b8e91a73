using Dynode.Broadcast.Framed.Once;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

public sealed class BatchPaceTests
{
    [Fact]
    public void Slow_requests_make_batches_short_at_once_and_quick_ones_long_again_bit_by_bit()
    {
        var pace = BatchPace.Full;
        Assert.Equal(BatchPace.RequestsMax, pace.Requests);
        pace.Took(1, TimeSpan.FromMilliseconds(100).Ticks);
        Assert.Equal(1, pace.Requests);
        pace.Took(1, TimeSpan.FromMilliseconds(1).Ticks);
        Assert.Equal(2, pace.Requests);
        pace.Took(2, 1);
        Assert.Equal(4, pace.Requests);
        for (int i = 0; i < 10; i++)
            pace.Took(pace.Requests, 1);
        Assert.Equal(BatchPace.RequestsMax, pace.Requests);
        pace.Took(512, TimeSpan.FromMilliseconds(10).Ticks);
        Assert.Equal(256, pace.Requests);
        pace.Took(0, long.MaxValue);
        Assert.Equal(256, pace.Requests);
    }
}
