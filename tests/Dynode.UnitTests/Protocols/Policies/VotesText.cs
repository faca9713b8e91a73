using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Protocols.Policies;

/// <summary>
/// A table of votes as a line, by rank: <c>?</c> is pending, <c>-</c> withdrawn, <c>a2</c> the reply "a" that came second; the
/// letters e and f are errors. A verdict is a word, with its rank where it has one.
/// </summary>
internal static class VotesText
{
    public static Vote[] Votes(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Vote)];

    public static string Decide(IReplyPolicy policy, string votes, int configured)
    {
        Vote[] table = Votes(votes);
        return Text(policy.Decide(table, table.Count(vote => vote.State is VoteState.Pending), configured));
    }

    public static string Keeps(IReplyPolicy policy, string votes, string kept)
    {
        Vote[] table = Votes(votes);
        int last = table.Index().MaxBy(vote => vote.Item.Turn).Index;
        bool keeps = policy.Keeps(table, last, [.. kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)], out int drop);
        return (keeps ? $"keep {last}" : "pass") + (drop < 0 ? "" : $", drop {drop}");
    }

    private static Vote Vote(string text) => text switch
    {
        "?" => default,
        "-" => new Vote { State = VoteState.Withdrawn },
        [char kind, char turn] => new Vote
        {
            State = kind is 'e' or 'f' ? VoteState.Failed : VoteState.Replied,
            Hash = kind,
            Turn = (ushort)(turn - '0'),
        },
        _ => throw new ArgumentException(text),
    };

    private static string Text(PolicyVerdict verdict)
    {
        string action = verdict.Action switch
        {
            PolicyAction.Wait => "wait",
            PolicyAction.Answer => "answer",
            PolicyAction.AnswerAll => "all",
            PolicyAction.NobodyLeft => "nobody",
            PolicyAction.Split => "split",
            _ => "silence",
        };
        return verdict.Rank < 0 ? action : $"{action} {verdict.Rank}";
    }
}
