namespace Dynode.Protocols.Policies;

/// <summary>
/// The client gets the first error in list order, where a voter that withdrew counts as an error; if there is none, the reply
/// of the first voter. So success means that every voter succeeded. A voter that withdrew is named:
/// <see cref="PolicyAction.NobodyLeft"/> with its rank, which is -1 only where there was no voter. Answers before all have
/// spoken only when all before the first error have. Keeps at most one reply: the first error so far in list order, or, while
/// there is none, the first voter's.
/// </summary>
public sealed class EveryReply : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly EveryReply Instance = new();

    private EveryReply()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured)
    {
        for (int rank = 0; rank < votes.Length; rank++)
        {
            switch (votes[rank].State)
            {
                case VoteState.Pending:
                    return PolicyVerdict.Wait;
                case VoteState.Failed:
                    return new PolicyVerdict(PolicyAction.Answer, rank);
                case VoteState.Withdrawn:
                    return new PolicyVerdict(PolicyAction.NobodyLeft, rank);
                default:
                    break;
            }
        }

        return votes.IsEmpty ? new PolicyVerdict(PolicyAction.NobodyLeft) : new PolicyVerdict(PolicyAction.Answer, 0);
    }

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        int wanted = Wanted(votes);
        drop = kept.IsEmpty || kept[0] == wanted ? -1 : kept[0];
        return rank == wanted;
    }

    /// <summary>Whose reply a later verdict may mean, of those that have spoken; -1: nobody's.</summary>
    private static int Wanted(ReadOnlySpan<Vote> votes)
    {
        for (int rank = 0; rank < votes.Length; rank++)
        {
            if (votes[rank].State is VoteState.Failed) return rank;

            // Whatever those before it say, the client gets an error, and none that came behind this one.
            if (votes[rank].State is VoteState.Withdrawn) return -1;
        }

        return votes[0].HasSpoken ? 0 : -1;
    }
}
