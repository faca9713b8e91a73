namespace Dynode.Protocols.Policies;

/// <summary>
/// The client gets the reply, be it an error, of the first voter in list order; if that one withdraws, of the next. Keeps at
/// most one reply: that of the first in list order who spoke, while one before it is pending.
/// </summary>
public sealed class PrimaryReply : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly PrimaryReply Instance = new();

    private PrimaryReply()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured)
    {
        for (int rank = 0; rank < votes.Length; rank++)
        {
            if (votes[rank].HasSpoken) return new PolicyVerdict(PolicyAction.Answer, rank);
            if (votes[rank].State is VoteState.Pending) return PolicyVerdict.Wait;
        }

        return new PolicyVerdict(PolicyAction.NobodyLeft);
    }

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        drop = -1;
        if (kept.IsEmpty) return true;
        if (kept[0] < rank) return false;
        drop = kept[0];
        return true;
    }
}
