using Dynode.Native.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>Memory is given back when nothing has come between two looks, at most once a minute, and once more when it has been quiet for a while.</summary>
public sealed class QuietHeapTests : IDisposable
{
    /// <summary>Looks from the first collection of a quiet time to the last.</summary>
    private static readonly int Again = (int)(QuietHeap.Afterwards / QuietHeap.Look) - 1;

    private readonly FakeTimeProvider _time = new();
    private readonly QuietHeap _heap;
    private long _received;
    private long _allocated;
    private long _held;
    private int _collections;

    public QuietHeapTests() => _heap = new QuietHeap(() => _received, () => _allocated, () => _held, () => _collections++, _time);

    public void Dispose() => _heap.Dispose();

    [Fact]
    public void Nothing_is_given_back_before_anything_has_come()
    {
        Looks(30);
        Assert.Equal(0, _collections);
    }

    [Fact]
    public void It_is_given_back_at_the_second_look_that_sees_nothing_new_and_once_more_a_while_later()
    {
        _received = 100;
        Looks(1);
        Assert.Equal(0, _collections);
        _time.Advance(QuietHeap.Look - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _collections);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _collections);
        Looks(Again - 1);
        Assert.Equal(1, _collections);
        Looks(1);
        Assert.Equal(2, _collections);
        Looks(500);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void While_something_comes_between_all_looks_nothing_is_given_back()
    {
        for (int i = 0; i < 100; i++)
        {
            _received++;
            Looks(1);
        }

        Assert.Equal(0, _collections);
    }

    [Fact]
    public void The_next_time_is_a_minute_later_at_the_earliest()
    {
        _received = 1;
        Looks(2);
        Assert.Equal(1, _collections);

        // It does not come to rest.
        for (int looks = (int)(QuietHeap.Interval / QuietHeap.Look); looks > 1; looks--)
        {
            _received += looks % 3 == 0 ? 1 : 0;
            Looks(1);
            Assert.Equal(1, _collections);
        }

        Looks(2);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void What_came_before_that_minute_was_over_is_given_back_when_it_is_quiet_for_a_while()
    {
        _received = 1;
        Looks(2);
        _received = 2;
        Looks(1);
        Assert.Equal(1, _collections);
        Looks(Again);
        Assert.Equal(1, _collections);
        Looks(1);
        Assert.Equal(2, _collections);
        Looks(200);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void Much_that_was_allocated_since_is_given_back_before_that_minute_is_over()
    {
        _received = 1;
        Looks(2);
        Assert.Equal(1, _collections);
        _allocated = QuietHeap.MuchBytes - 1;
        Looks(5);
        Assert.Equal(1, _collections);
        _allocated++;
        Looks(1);
        Assert.Equal(2, _collections);
        Looks(5);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void What_the_pool_lets_go_of_when_it_is_quiet_already_is_given_back_too()
    {
        (_received, _held) = (1, 100 << 20);
        Looks(2);
        Assert.Equal(1, _collections);
        Looks(10);
        Assert.Equal(1, _collections);
        _held = 1 << 20;
        Looks(1);
        Assert.Equal(2, _collections);
        Looks(200);
        Assert.Equal(3, _collections);
    }

    [Fact]
    public void A_little_that_the_pool_lets_go_of_is_given_back_within_a_minute()
    {
        (_received, _held) = (1, QuietHeap.MuchBytes);
        Looks(2);
        Looks(Again);
        Assert.Equal(2, _collections);
        _held = 1;
        Looks((int)(QuietHeap.Interval / QuietHeap.Look) - 1);
        Assert.Equal(2, _collections);
        Looks(1);
        Assert.Equal(3, _collections);
        Looks(200);
        Assert.Equal(3, _collections);
    }

    private void Looks(int count)
    {
        for (int i = 0; i < count; i++)
            _time.Advance(QuietHeap.Look);
    }
}
