using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Native.Admin;
using Dynode.Native.Hosting;
using Dynode.UnitTests.Native.Admin;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>What became of the word that servers were made equal: one outcome for all, and a sentence for each.</summary>
public sealed class GapAnswersTests
{
    private static readonly BackendAddress A = AdminUnderTest.Of("a:1"), B = AdminUnderTest.Of("b:1");

    [Theory]
    [InlineData(GapFate.None, GapFate.None, nameof(OrderOutcome.WasSo))]
    [InlineData(GapFate.Closed, GapFate.None, nameof(OrderOutcome.Done))]
    [InlineData(GapFate.Closed, GapFate.NeedsAdopt, nameof(OrderOutcome.Refused))]
    [InlineData(GapFate.NotWritten, GapFate.Closed, nameof(OrderOutcome.NotCertain))]
    [InlineData(GapFate.NotWritten, GapFate.NeedsAdopt, nameof(OrderOutcome.NotCertain))]
    [InlineData(GapFate.Void, GapFate.Closed, nameof(OrderOutcome.NotCertain))]
    [InlineData(GapFate.Closed, GapFate.Elsewhere, nameof(OrderOutcome.Done))]
    [InlineData(GapFate.Elsewhere, GapFate.Elsewhere, nameof(OrderOutcome.WasSo))]
    public void Of_all_servers_the_worst_counts_but_not_what_is_anothers(GapFate one, GapFate other, string outcome) =>
        Assert.Equal(outcome, $"{GapAnswers.Of(GapOrder.All, [Of(A, one), Of(B, other)]).Outcome}");

    [Fact]
    public void Who_is_named_and_cannot_be_told_is_a_no_and_who_is_not_named_and_away_is_passed_over()
    {
        Assert.Equal(OrderOutcome.Refused, GapAnswers.Of(new GapOrder([A]), [new GapClosed(A, GapFate.NotConnected)]).Outcome);
        Assert.Equal(OrderOutcome.Refused, GapAnswers.Of(GapOrder.All, [Of(A, GapFate.NotConnected)]).Outcome);
        OrderAnswer answer = GapAnswers.Of(GapOrder.All, [new GapClosed(A, GapFate.NotConnected)]);
        Assert.Equal((OrderOutcome.WasSo, "gaps closed: 0"), (answer.Outcome, answer.Text));
        Assert.Equal(OrderOutcome.Refused, GapAnswers.Of(new GapOrder([A]), [Of(A, GapFate.Elsewhere)]).Outcome);
        Assert.Equal(OrderOutcome.Refused, GapAnswers.Of(new GapOrder([], Adopts: true), [Of(A, GapFate.Elsewhere)]).Outcome);
        Assert.Equal(OrderOutcome.Refused, GapAnswers.Of(new GapOrder([], Adopts: true), [new GapClosed(A, GapFate.NotConnected), Of(B, GapFate.Closed)]).Outcome);
    }

    [Theory]
    [InlineData(GapFate.NeedsAdopt, "dynode bootstrap a:1 --from SERVER")]
    [InlineData(GapFate.NeedsAdopt, "dynode adopt a:1")]
    [InlineData(GapFate.NotWritten, "the gap is shown until it is")]
    [InlineData(GapFate.NotConnected, "is not connected")]
    [InlineData(GapFate.Elsewhere, "is another broadcaster's (m, process 7): say it there")]
    [InlineData(GapFate.Void, "it has missed something since")]
    public void Each_says_what_there_is_to_do(GapFate fate, string said) =>
        Assert.Contains(said, GapAnswers.Of(new GapOrder([A]), [Of(A, fate)]).Text, StringComparison.Ordinal);

    [Fact]
    public void Without_an_ordered_log_it_is_said_in_few_words()
    {
        Assert.Equal("gaps closed: 1", GapAnswers.Of(GapOrder.All, [new GapClosed(A, GapFate.Closed, DropReason.Backlog), new GapClosed(B, GapFate.None)]).Text);
        Assert.Equal("gaps closed of server a:1: 1", GapAnswers.Of(new GapOrder([A]), [new GapClosed(A, GapFate.Closed, DropReason.Backlog)]).Text);
        ImmutableArray<GapClosed> adopted = [new GapClosed(A, GapFate.Closed, DropReason.Foreign, 7), new GapClosed(B, GapFate.None, null, 8)];
        Assert.Equal("server a:1 counts as equal, at number 7 of the stream: its gap (Foreign) is closed; server b:1 has no gap, at number 8 of the stream", GapAnswers.Of(new GapOrder([], Adopts: true), adopted).Text);
    }

    private static GapClosed Of(BackendAddress server, GapFate fate) => new(server, fate, fate == GapFate.None ? null : DropReason.Ahead, Owner: fate == GapFate.Elsewhere ? "m, process 7" : "");
}
