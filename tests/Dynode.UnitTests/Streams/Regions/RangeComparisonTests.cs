using Dynode.Streams.Regions;

namespace Dynode.UnitTests.Streams.Regions;

public sealed class RangeComparisonTests
{
    private readonly RangeComparison _comparison = new();
    private readonly List<RangeDifference> _named = [];

    [Fact]
    public void A_range_that_differs_is_named_once_with_its_numbers()
    {
        _comparison.TryAdd(Of(1, 7));
        Compare("b", Of(1, 8));
        Compare("b", Of(1, 8));
        Assert.Equal([new RangeDifference("at b", 1_024, 2_047)], _named);
        Assert.Equal((1, 1, 0), (_comparison.Compared, _comparison.Differing, _comparison.Unlike));
        Compare("c", Of(1, 8));
        Assert.Equal(2, _named.Count);
    }

    [Fact]
    public void What_was_not_read_alike_or_came_in_another_protocol_is_not_compared()
    {
        _comparison.TryAdd(Of(1, 7));
        _comparison.TryAdd(Of(2, 7));
        _comparison.TryAdd(Of(3, 7) with { Protocols = 1 });
        _comparison.TryAdd(Of(4, 7) with { Protocols = 3 });
        _comparison.TryAdd(Of(5, 7) with { Protocols = 2 });
        Compare("b", Of(1, 8) with { Entries = 6 }, Of(2, 8) with { Requests = 2 }, Of(3, 8) with { Protocols = 2 }, Of(4, 8) with { Protocols = 3 }, Of(5, 7) with { Protocols = 2 }, Of(6, 8));
        Assert.Empty(_named);
        Assert.Equal((1, 0, 4), (_comparison.Compared, _comparison.Differing, _comparison.Unlike));
    }

    [Fact]
    public void The_first_word_on_a_range_is_the_one_that_counts()
    {
        Assert.True(_comparison.TryAdd(Of(1, 7)));
        Assert.False(_comparison.TryAdd(Of(1, 8)));
        Compare("b", Of(1, 7));
        Assert.Empty(_named);
    }

    [Theory]
    [InlineData(RangeList.Max - 1)]
    [InlineData(RangeList.Max)]
    [InlineData(RangeList.Max + 1)]
    public void The_newest_are_kept_and_older_ones_are_neither_taken_again_nor_waited_for(int count)
    {
        for (int i = 1; i <= count; i++)
            Assert.True(_comparison.TryAdd(Of((ulong)i, 7)));
        Assert.Equal(Math.Min(count, RangeList.Max), _comparison.Own.Length);
        Assert.Equal((ulong)count, _comparison.Own[^1].First / 1_024);
        Assert.Equal(count < RangeList.Max, _comparison.TryAdd(Of(0, 7)));
        Assert.True(_comparison.Awaits("b"));
        Compare("b", [.. _comparison.Own]);
        Assert.False(_comparison.Awaits("b"));
        Assert.True(_comparison.TryAdd(Of(1_000, 7)));
        Assert.True(_comparison.Awaits("b"));
        _comparison.Keep(["b"]);
        Compare("b", [.. _comparison.Own]);
        Assert.False(_comparison.Awaits("b"));
        Assert.Empty(_named);
    }

    private static RangeReplies Of(ulong range, ulong replies) => new(range * RangeReplies.Length, 5, 1, 0, replies);

    private void Compare(string broadcaster, params RangeReplies[] ranges) => _comparison.Compare(broadcaster, $"at {broadcaster}", [.. ranges], _named.Add);
}
