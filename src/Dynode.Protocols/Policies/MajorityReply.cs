namespace Dynode.Protocols.Policies;

/// <summary>
/// The client gets what more than half of the servers configured gave alike, errors included; as soon as that is impossible,
/// the error that says how they split. Of equal replies it gets the one that came first, which is the one kept. Keeps one of
/// each different reply while that can still win: at most half of the voters, rounded up.
/// </summary>
public sealed class MajorityReply : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly MajorityReply Instance = new();

    private MajorityReply()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured)
    {
        // Nobody to disagree.
        if (votes.IsEmpty) return new PolicyVerdict(PolicyAction.NobodyLeft);
        int best = -1;
        int bestAlike = 0;
        for (int rank = 0; rank < votes.Length; rank++)
        {
            // Counting once for each different reply keeps this linear where servers agree.
            if (!IsFirstOfItsKind(votes, rank)) continue;
            int alike = Alike(votes, rank);
            if (alike <= bestAlike) continue;
            best = rank;
            bestAlike = alike;
        }

        if (IsMoreThanHalf(bestAlike, configured)) return new PolicyVerdict(PolicyAction.Answer, best);
        return IsMoreThanHalf(bestAlike + pending, configured) ? PolicyVerdict.Wait : new PolicyVerdict(PolicyAction.Split);
    }

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        drop = -1;
        int pending = 0;
        foreach (ref readonly Vote vote in votes)
        {
            if (vote.State is VoteState.Pending) pending++;
        }

        // More than half of those configured is more than half of the voters, who are no more than they.
        foreach (int other in kept)
        {
            if (IsMoreThanHalf(Alike(votes, other) + pending, votes.Length)) continue;
            drop = other;
            break;
        }

        return IsFirstOfItsKind(votes, rank) && IsMoreThanHalf(1 + pending, votes.Length);
    }

    private static bool IsMoreThanHalf(int count, int of) => 2 * count > of;

    /// <summary>Whether it has spoken, and nobody said the same before it.</summary>
    private static bool IsFirstOfItsKind(ReadOnlySpan<Vote> votes, int rank)
    {
        ref readonly Vote vote = ref votes[rank];
        if (!vote.HasSpoken) return false;
        foreach (ref readonly Vote other in votes)
        {
            if (other.HasSpoken && other.Hash == vote.Hash && other.Turn < vote.Turn) return false;
        }

        return true;
    }

    /// <summary>How many said the same as the voter with this rank, itself counted.</summary>
    private static int Alike(ReadOnlySpan<Vote> votes, int rank)
    {
        int count = 0;
        foreach (ref readonly Vote other in votes)
        {
            if (other.HasSpoken && other.Hash == votes[rank].Hash) count++;
        }

        return count;
    }
}
