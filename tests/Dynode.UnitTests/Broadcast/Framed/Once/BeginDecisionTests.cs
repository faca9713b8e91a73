using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Streams;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

public sealed class BeginDecisionTests
{
    private const string Ours = "00000000000000aa";

    private static readonly BeginKnown Known = new(Ours, 100, IsSameRun: false, HasCommitted: false, IsEmpty: false, IsKept: true, Gap: null);

    [Fact]
    public void Its_own_word_in_this_stream_is_where_it_goes_on() =>
        Assert.Equal(new(BeginKind.AtMark, 12, null), BeginDecision.Of(Mark(100), Known, PlaceSpot.Within, 12));

    [Fact]
    public void Its_own_word_wins_over_what_was_kept_beside_the_stream() =>
        Assert.Equal(new(BeginKind.AtMark, 12, null), BeginDecision.Of(Mark(7), Known with { Gap = DropReason.Retention }, PlaceSpot.Within, 12));

    [Theory]
    [InlineData("Poison", DropReason.Poison)]
    [InlineData("Foreign", DropReason.Foreign)]
    [InlineData("NobodyKnowsThisWord", DropReason.Earlier)]
    public void A_gap_goes_where_the_data_go(string said, DropReason gap) =>
        Assert.Equal(new(BeginKind.AtMark, 12, gap), BeginDecision.Of(Mark(7) with { Gap = said }, Known, PlaceSpot.Within, 12));

    [Fact]
    public void What_the_stream_never_gave_is_ahead() =>
        Assert.Equal(new(BeginKind.WithGap, 0, DropReason.Ahead), BeginDecision.Of(Mark(101), Known, PlaceSpot.Beyond, 0));

    [Fact]
    public void What_was_not_read_yet_is_waited_for() => Assert.Equal(BeginKind.NotYet, BeginDecision.Of(Mark(100), Known, PlaceSpot.Beyond, 0).Kind);

    [Fact]
    public void What_lies_before_the_log_is_read_from_the_stream() =>
        Assert.Equal(new(BeginKind.FromStream, 0, null), BeginDecision.Of(Mark(1), Known, PlaceSpot.Before, 0));

    [Theory]
    [InlineData(PlaceSpot.Before)]
    [InlineData(PlaceSpot.Beyond)]
    public void Who_reads_the_stream_by_itself_begins_anew_at_its_own_word_wherever_that_is(object spot) =>
        Assert.Equal(new(BeginKind.FromStream, 0, null), BeginDecision.Of(Mark(100), Known with { IsApart = true }, (PlaceSpot)spot, 0));

    [Theory]
    [InlineData(true, true, false, DropReason.Added, BeginKind.FromStart)]
    [InlineData(false, true, false, DropReason.Added, BeginKind.WithGap)]
    [InlineData(true, false, false, DropReason.Added, BeginKind.WithGap)]
    [InlineData(true, true, true, DropReason.Added, BeginKind.WithGap)]
    [InlineData(true, true, false, DropReason.Earlier, BeginKind.WithGap)]
    public void A_server_that_is_new_and_holds_nothing_has_all_of_a_stream_that_has_all(bool isEmpty, bool isWhole, bool isKept, DropReason gap, object kind) =>
        Assert.Equal((BeginKind)kind, BeginDecision.Of(null, Known with { IsEmpty = isEmpty, IsWhole = isWhole, IsKept = isKept, Gap = gap }, PlaceSpot.Before, 0).Kind);

    /// <summary>It had a word of its own, and comes back without: whatever is in it, or was known of it before, it has lost something.</summary>
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public void A_server_that_comes_back_without_the_word_that_it_had_has_a_gap(bool isEmpty, bool isWhole, bool isKept) =>
        Assert.Equal(new(BeginKind.WithGap, 0, DropReason.Added), BeginDecision.Of(null, Known with { HasCommitted = true, IsEmpty = isEmpty, IsWhole = isWhole, IsKept = isKept }, PlaceSpot.Before, 0));

    [Fact]
    public void Another_streams_word_is_foreign_whatever_its_number() =>
        Assert.All((ulong[])[1, 100, 101], number => Assert.Equal(
            new(BeginKind.WithGap, 0, DropReason.Foreign), BeginDecision.Of(Mark(number) with { Stream = "00000000000000ab" }, Known, PlaceSpot.Within, 3)));

    [Fact]
    public void A_word_that_is_gone_at_the_same_run_is_what_was_seen_to_be_written() =>
        Assert.Equal(new(BeginKind.AtKnown, 0, null), BeginDecision.Of(null, Known with { IsSameRun = true, HasCommitted = true, IsEmpty = true }, PlaceSpot.Before, 0));

    [Theory]
    [InlineData(true, false, true, BeginKind.WithGap, DropReason.Added)]
    [InlineData(false, true, true, BeginKind.WithGap, DropReason.Added)]
    [InlineData(false, false, false, BeginKind.AtKept, null)]
    public void A_server_that_says_nothing_has_what_was_kept_of_it_if_it_has_anything(bool isSame, bool hasCommitted, bool isEmpty, object kind, DropReason? gap) =>
        Assert.Equal(new((BeginKind)kind, 0, gap), BeginDecision.Of(null, Known with { IsSameRun = isSame, HasCommitted = hasCommitted, IsEmpty = isEmpty }, PlaceSpot.Before, 0));

    [Fact]
    public void Where_nothing_was_ever_published_nobody_has_missed_anything() =>
        Assert.Equal(new(BeginKind.AtKept, 0, null), BeginDecision.Of(null, Known with { IsKept = false, IsEmpty = true }, PlaceSpot.Before, 0));

    [Fact]
    public void A_gap_that_was_kept_counts_where_it_has_no_word_of_its_own() =>
        Assert.Equal(new(BeginKind.WithGap, 0, DropReason.Added), BeginDecision.Of(null, Known with { IsKept = false, Gap = DropReason.Added }, PlaceSpot.Before, 0));

    private static Watermark Mark(ulong number) => new(Ours, 1, 1, number, 0, "", default);
}
