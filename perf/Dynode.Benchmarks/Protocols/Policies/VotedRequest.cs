using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>One request's votes, used again for the next: its policy is asked as the data plane asks it, when the request enters the log and after each voter, until it answers.</summary>
internal sealed class VotedRequest(IReplyPolicy policy, int voters)
{
    private readonly Vote[] _votes = new Vote[voters];
    private readonly int[] _kept = new int[voters];
    private int _keptCount;

    /// <summary>From the log to the answer.</summary>
    /// <returns>What the policy decided in the end.</returns>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public PolicyAction Run(Ballot[] ballots)
    {
        Array.Clear(_votes);
        _keptCount = 0;
        var verdict = policy.Decide(_votes, voters, voters);
        for (int i = 0; i < ballots.Length && verdict.Action == PolicyAction.Wait; i++)
        {
            var (rank, state, hash) = ballots[i];
            bool speaks = state != VoteState.Withdrawn;
            _votes[rank] = new Vote { State = state, Hash = hash, Turn = speaks ? (ushort)(i + 1) : (ushort)0 };
            verdict = policy.Decide(_votes, voters - i - 1, voters);
            if (verdict.Action == PolicyAction.Wait && speaks)
                Keep(rank);
        }

        return verdict.Action == PolicyAction.Wait ? throw new InvalidOperationException("All have spoken, and it waits.") : verdict.Action;
    }

    private void Keep(int rank)
    {
        bool keeps = policy.Keeps(_votes, rank, _kept.AsSpan(0, _keptCount), out int drop);
        if (drop >= 0)
            _kept[_kept.AsSpan(0, _keptCount).IndexOf(drop)] = _kept[--_keptCount];
        if (keeps)
            _kept[_keptCount++] = rank;
    }
}
