using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

/// <summary>Where a server begins, and what it has missed: all cases.</summary>
public sealed class PlaceDecisionTests
{
    private const ulong Unknown = ulong.MaxValue;

    private static readonly StreamIdentity Stream = new("orders", 1);
    private static readonly StreamIdentity Other = new("orders", 2);

    /// <summary>The log holds what follows 10, and the stream has come to 20.</summary>
    [Theory]
    [InlineData(Unknown, false, false, true, true, null)]
    [InlineData(Unknown, false, false, false, true, DropReason.Added)]
    [InlineData(10ul, false, false, false, true, null)]
    [InlineData(10ul, true, false, false, true, DropReason.Earlier)]
    [InlineData(11ul, false, false, false, false, null)]
    [InlineData(20ul, true, false, false, false, DropReason.Earlier)]
    [InlineData(21ul, false, false, false, true, DropReason.Ahead)]
    [InlineData(21ul, true, false, true, true, DropReason.Ahead)]
    [InlineData(10ul, false, true, false, true, DropReason.Foreign)]
    [InlineData(15ul, true, true, true, true, DropReason.Foreign)]
    [InlineData(21ul, false, true, false, true, DropReason.Foreign)]
    internal void A_server_joins_where_it_stands_or_at_the_end_with_a_gap_that_is_named(ulong number, bool hasGap, bool isForeign, bool isEmpty, bool joins, DropReason? gap)
    {
        var found = number == Unknown ? null : new ServerPlace((isForeign ? Other : Stream).ToString(), number, default, hasGap);
        Assert.Equal(new PlaceDecision(joins, gap), PlaceDecision.Of(found, Stream, counted: 10, placed: 10, last: 20, isEmpty));
    }

    [Theory]
    [InlineData(0ul, false, null)]
    [InlineData(9ul, false, null)]
    [InlineData(9ul, true, DropReason.Earlier)]
    internal void One_that_stands_before_the_log_reads_what_lies_between_by_itself(ulong number, bool hasGap, DropReason? gap)
    {
        var found = new ServerPlace(Stream.ToString(), number, default, hasGap);
        Assert.Equal(new PlaceDecision(true, gap, IsBehind: true), PlaceDecision.Of(found, Stream, counted: 10, placed: 10, last: 20, isEmpty: false));
    }
}
