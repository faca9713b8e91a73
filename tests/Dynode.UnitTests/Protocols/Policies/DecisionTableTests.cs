using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Protocols.Policies;

/// <summary>One table a policy; <see cref="VotesText"/> says how a row is read.</summary>
public sealed class DecisionTableTests
{
    [Theory]
    [InlineData("", "all")]
    [InlineData("?", "wait")]
    [InlineData("a1", "all")]
    [InlineData("-", "all")]
    [InlineData("a1 ?", "wait")]
    [InlineData("? e1", "wait")]
    [InlineData("a2 e1", "all")]
    [InlineData("- e1", "all")]
    [InlineData("- -", "all")]
    public void All_answers_when_nobody_is_pending(string votes, string verdict) =>
        Assert.Equal(verdict, VotesText.Decide(AllReplies.Instance, votes, 4));

    [Theory]
    [InlineData("a1 ?", "", "keep 0")]
    [InlineData("a1 ? e2", "0", "keep 2")]
    [InlineData("a1 ? e2 a3", "0 2", "keep 3")]
    public void All_keeps_all(string votes, string kept, string expected) => Assert.Equal(expected, VotesText.Keeps(AllReplies.Instance, votes, kept));

    [Theory]
    [InlineData("", "nobody")]
    [InlineData("? ? ?", "wait")]
    [InlineData("? a1 ?", "answer 1")]
    [InlineData("e1 ? ?", "wait")]
    [InlineData("e1 ? f2", "wait")]
    [InlineData("e1 b3 f2", "answer 1")]
    [InlineData("e1 - f2", "answer 2")]
    [InlineData("e2 - f1", "answer 0")]
    [InlineData("- e1 ?", "wait")]
    [InlineData("- e1 -", "answer 1")]
    [InlineData("- - ?", "wait")]
    [InlineData("- - -", "nobody")]
    [InlineData("- - a1", "answer 2")]
    public void Fastest_answers_with_the_first_that_is_no_error_or_else_the_last_error(string votes, string verdict) =>
        Assert.Equal(verdict, VotesText.Decide(FastestReply.Instance, votes, 3));

    [Theory]
    [InlineData("e1 ? ?", "", "keep 0")]
    [InlineData("e1 f2 ?", "0", "keep 1, drop 0")]
    public void Fastest_keeps_the_last_error(string votes, string kept, string expected) =>
        Assert.Equal(expected, VotesText.Keeps(FastestReply.Instance, votes, kept));

    [Theory]
    [InlineData("", "nobody")]
    [InlineData("? ? ?", "wait")]
    [InlineData("a1 ? ?", "answer 0")]
    [InlineData("e1 ? ?", "answer 0")]
    [InlineData("? a1 b2", "wait")]
    [InlineData("- a1 b2", "answer 1")]
    [InlineData("- ? b1", "wait")]
    [InlineData("- - e1", "answer 2")]
    [InlineData("- - ?", "wait")]
    [InlineData("- - -", "nobody")]
    public void Primary_answers_with_the_first_in_the_list_that_has_not_withdrawn(string votes, string verdict) =>
        Assert.Equal(verdict, VotesText.Decide(PrimaryReply.Instance, votes, 3));

    [Theory]
    [InlineData("? ? a1", "", "keep 2")]
    [InlineData("? a2 a1", "2", "keep 1, drop 2")]
    [InlineData("? a1 a2", "1", "pass")]
    public void Primary_keeps_the_first_in_the_list(string votes, string kept, string expected) =>
        Assert.Equal(expected, VotesText.Keeps(PrimaryReply.Instance, votes, kept));

    [Theory]
    [InlineData("", 3, "nobody")]
    [InlineData("?", 1, "wait")]
    [InlineData("a1", 1, "answer 0")]
    [InlineData("e1", 1, "answer 0")]
    [InlineData("-", 1, "split")]
    [InlineData("?", 2, "split")]
    [InlineData("? ?", 2, "wait")]
    [InlineData("a1 a2", 2, "answer 0")]
    [InlineData("a2 a1", 2, "answer 1")]
    [InlineData("a1 b2", 2, "split")]
    [InlineData("? -", 2, "split")]
    [InlineData("? ? ?", 3, "wait")]
    [InlineData("? ?", 3, "wait")]
    [InlineData("? -", 3, "split")]
    [InlineData("a2 ? a1", 3, "answer 2")]
    [InlineData("e1 ? e2", 3, "answer 0")]
    [InlineData("a1 b2 ?", 3, "wait")]
    [InlineData("a1 b2 b3", 3, "answer 1")]
    [InlineData("a1 b2 e3", 3, "split")]
    [InlineData("a1 b2 -", 3, "split")]
    [InlineData("a1 a2 ? ?", 4, "wait")]
    [InlineData("a1 a2 b3 ?", 4, "wait")]
    [InlineData("a1 a2 b3 b4", 4, "split")]
    [InlineData("a1 b2 ? ?", 4, "wait")]
    [InlineData("a1 b2 - ?", 4, "split")]
    public void Majority_answers_with_what_more_than_half_gave_alike(string votes, int configured, string verdict) =>
        Assert.Equal(verdict, VotesText.Decide(MajorityReply.Instance, votes, configured));

    [Theory]
    [InlineData("? a1 ?", "", "keep 1")]
    [InlineData("b2 a1 ?", "1", "keep 0")]
    [InlineData("a2 ? ? a1", "3", "pass")]
    [InlineData("a1 ? ? b2 e3", "0 3", "keep 4")]
    [InlineData("a1 a4 ? b2 e3", "0 3 4", "pass, drop 3")]
    [InlineData("a1 a3 ? b2", "0 3", "pass, drop 3")]
    [InlineData("a1 a2 ? b3", "0", "pass")]
    public void Majority_keeps_one_of_each_kind_that_can_still_win(string votes, string kept, string expected) =>
        Assert.Equal(expected, VotesText.Keeps(MajorityReply.Instance, votes, kept));

    [Theory]
    [InlineData("", "nobody")]
    [InlineData("? ? ?", "wait")]
    [InlineData("a1 ? ?", "wait")]
    [InlineData("a1 b2 a3", "answer 0")]
    [InlineData("a1 b2 e3", "answer 2")]
    [InlineData("e1 ? ?", "answer 0")]
    [InlineData("? e1 f2", "wait")]
    [InlineData("a3 e1 f2", "answer 1")]
    [InlineData("a1 f2 ?", "answer 1")]
    [InlineData("- ? ?", "nobody 0")]
    [InlineData("? - a1", "wait")]
    [InlineData("a1 - e2", "nobody 1")]
    [InlineData("e2 - a1", "answer 0")]
    [InlineData("- - -", "nobody 0")]
    public void Every_answers_with_the_first_error_in_the_list_or_else_the_first_reply(string votes, string verdict) =>
        Assert.Equal(verdict, VotesText.Decide(EveryReply.Instance, votes, 3));

    [Theory]
    [InlineData("a1 ? ?", "", "keep 0")]
    [InlineData("? a1 ?", "", "pass")]
    [InlineData("a1 b2 ?", "0", "pass")]
    [InlineData("a1 ? e2", "0", "keep 2, drop 0")]
    [InlineData("? e2 f1", "2", "keep 1, drop 2")]
    [InlineData("? e1 f2", "1", "pass")]
    [InlineData("a2 ? f1", "2", "pass")]
    [InlineData("a1 ? -", "", "pass")]
    [InlineData("? - e2 f1", "3", "pass, drop 3")]
    public void Every_keeps_the_worst(string votes, string kept, string expected) => Assert.Equal(expected, VotesText.Keeps(EveryReply.Instance, votes, kept));

    [Theory]
    [InlineData("")]
    [InlineData("? ?")]
    [InlineData("a1 e2")]
    [InlineData("- -")]
    public void None_is_silent_at_once(string votes) => Assert.Equal("silence", VotesText.Decide(NoReply.Instance, votes, 2));
}
