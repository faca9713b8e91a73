using Dynode.Broadcast.Plane;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Plane;

public sealed class TokenBucketTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void A_new_one_is_full_of_a_second_and_not_of_one_more(int rate)
    {
        var bucket = default(TokenBucket);
        for (int i = 0; i < rate; i++)
        {
            Assert.True(bucket.HasOne(0, rate));
            Assert.Equal(0, bucket.Wait(0, rate));
            bucket.Take(0, rate);
        }

        Assert.False(bucket.HasOne(0, rate));
        Assert.True(bucket.HasOne((Second + rate - 1) / rate, rate));
        Assert.Equal((Second + rate - 1) / rate, bucket.Wait(0, rate));
    }

    [Fact]
    public void It_does_what_one_does_that_counts_tick_by_tick() => Seed.Run(random =>
    {
        for (int round = 0; round < 60; round++)
        {
            int rate = random.Next(4) switch { 0 => 1, 1 => random.Next(1, 10), 2 => random.Next(1, 10_000), _ => random.Next(1, 1_000_001) };
            var bucket = default(TokenBucket);
            var slow = new TickByTick(rate);
            long now = 0;
            for (int step = 0; step < 300; step++)
            {
                int passed = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 20), _ => random.Next(1, 20_000) };
                now += passed;
                slow.Pass(passed);
                Assert.Equal(slow.HasOne, bucket.HasOne(now, rate));
                long wait = bucket.Wait(now, rate);
                Assert.Equal(slow.HasOne, wait == 0);
                Assert.True(bucket.HasOne(now + wait, rate));
                Assert.False(wait > 0 && bucket.HasOne(now + wait - 1, rate));

                // Now and then without asking, as one does who finds it there already.
                if (!slow.HasOne && random.Next(8) != 0)
                    continue;
                slow.Take();
                bucket.Take(now, rate);
            }
        }
    });

    [Fact]
    public void In_no_time_are_there_more_than_the_rate_allows_and_a_second_at_once() => Seed.Run(random =>
    {
        int rate = random.Next(1, 50);
        var bucket = default(TokenBucket);
        List<long> taken = [];
        for (long now = 0; taken.Count < 2_000; now += random.NextInt64(Second / 20))
        {
            if (!bucket.HasOne(now, rate))
                continue;
            bucket.Take(now, rate);
            taken.Add(now);
        }

        for (int from = 0; from < taken.Count; from++)
        {
            for (int to = from; to < taken.Count; to++)
                Assert.True((Int128)(to - from + 1) * Second <= (Int128)rate * (taken[to] - taken[from] + Second), $"{to - from + 1} in {taken[to] - taken[from]} ticks at {rate}");
        }
    });

    [Fact]
    public void Who_asks_as_soon_as_it_may_gets_the_rate_to_the_last_one()
    {
        const int Rate = 7;
        var bucket = default(TokenBucket);
        long now = 0;
        for (int i = 0; i < 7 * 1_000 + Rate; i++)
        {
            now += bucket.Wait(now, Rate);
            bucket.Take(now, Rate);
        }

        // Each wait is rounded up by less than a tick, and what is rounded off one comes with the next.
        Assert.InRange(now, 1_000 * Second, (1_000 * Second) + 1);
    }

    [Fact]
    public void What_was_taken_without_asking_is_waited_for()
    {
        var bucket = default(TokenBucket);
        for (int i = 0; i < 5; i++)
            bucket.Take(0, 2);
        Assert.Equal(2 * Second, bucket.Wait(0, 2));
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(10, 3)]
    [InlineData(3, 10)]
    [InlineData(1, 1_000_000)]
    public void At_another_rate_nobody_waits_longer_than_one_takes_then(int before, int after)
    {
        var bucket = default(TokenBucket);
        for (int i = 0; i < before + 3; i++)
            bucket.Take(0, before);
        Assert.InRange(bucket.Wait(0, after), 0, (Second + after - 1) / after);
    }

    [Fact]
    public void After_any_silence_it_is_full_and_no_fuller()
    {
        var bucket = default(TokenBucket);
        bucket.Take(0, 1_000_000);
        for (int i = 0; i < 1_000_000; i++)
            bucket.Take(long.MaxValue - 1, 1_000_000);
        Assert.False(bucket.HasOne(long.MaxValue - 1, 1_000_000));
    }

    /// <summary>A full one; each tick brings a rate's share of one, as long as there is room.</summary>
    private sealed class TickByTick(int rate)
    {
        private long _parts = rate * Second;

        public bool HasOne => _parts >= Second;

        public void Take() => _parts -= Second;

        public void Pass(int ticks)
        {
            for (int i = 0; i < ticks; i++)
                _parts = Math.Min(_parts + rate, rate * Second);
        }
    }
}
