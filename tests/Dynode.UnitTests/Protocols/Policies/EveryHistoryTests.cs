using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Protocols.Policies;

/// <summary>The policies against their own sentences, in every history that few voters can have.</summary>
public sealed class EveryHistoryTests(ITestOutputHelper output)
{
    /// <summary>Five can split as three can in a majority of their own; a sixth would take minutes.</summary>
    private const int VotersMax = 5;

    [Fact]
    public void All_answers_as_its_sentence_says_in_every_history() => Walk(AllReplies.Instance, HistoryModel.All, voters => Math.Max(0, voters - 1));

    [Fact]
    public void Fastest_answers_as_its_sentence_says_in_every_history() => Walk(FastestReply.Instance, HistoryModel.Fastest, _ => 1);

    [Fact]
    public void Primary_answers_as_its_sentence_says_in_every_history() => Walk(PrimaryReply.Instance, HistoryModel.Primary, _ => 1);

    [Fact]
    public void Majority_answers_as_its_sentence_says_in_every_history() =>
        Walk(MajorityReply.Instance, HistoryModel.Majority, voters => (voters + 1) / 2);

    [Fact]
    public void Every_answers_as_its_sentence_says_in_every_history() => Walk(EveryReply.Instance, HistoryModel.Every, _ => 1);

    [Fact]
    public void None_answers_as_its_sentence_says_in_every_history() => Walk(NoReply.Instance, HistoryModel.None, _ => 0);

    private void Walk(IReplyPolicy policy, HistoryModel.Sentence sentence, Func<int, int> keptMax)
    {
        int walked = 0;
        int early = 0;
        int kept = 0;
        for (int configured = 0; configured <= VotersMax; configured++)
        {
            for (int voters = 0; voters <= configured; voters++)
            {
                var every = new EveryHistory(policy, sentence, voters, configured, keptMax(voters));
                every.Walk();
                walked += every.Walked;
                early += every.AnsweredEarly;
                kept = Math.Max(kept, every.KeptMost);
            }
        }

        output.WriteLine($"{walked} histories, {early} answers before the end, at most {kept} replies kept");
        Assert.Equal(HistoriesOf(VotersMax), walked);
        Assert.Equal(keptMax(VotersMax), kept);
    }

    // Each order of the voters, each of whom does one of five things; once for each number of servers that can be configured.
    private static int HistoriesOf(int votersMax)
    {
        int sum = 0;
        int histories = 1;
        for (int voters = 0; voters <= votersMax; voters++)
        {
            if (voters > 0) histories *= voters * Event.Kinds.Length;
            sum += histories * (votersMax - voters + 1);
        }

        return sum;
    }
}
