namespace Dynode.Protocols.Policies;

/// <summary>
/// The client gets the first reply that is no error; if all voters gave errors or are gone, the last error. Keeps at most
/// one reply: the last error so far.
/// </summary>
public sealed class FastestReply : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly FastestReply Instance = new();

    private FastestReply()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured)
    {
        int first = -1;
        int lastError = -1;
        for (int rank = 0; rank < votes.Length; rank++)
        {
            ref readonly Vote vote = ref votes[rank];
            if (vote.State is VoteState.Replied && (first < 0 || vote.Turn < votes[first].Turn)) first = rank;
            if (vote.State is VoteState.Failed && (lastError < 0 || vote.Turn > votes[lastError].Turn)) lastError = rank;
        }

        if (first >= 0) return new PolicyVerdict(PolicyAction.Answer, first);
        if (pending > 0) return PolicyVerdict.Wait;
        return lastError >= 0 ? new PolicyVerdict(PolicyAction.Answer, lastError) : new PolicyVerdict(PolicyAction.NobodyLeft);
    }

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        // Who spoke last and was not the answer gave the last error.
        drop = kept.IsEmpty ? -1 : kept[0];
        return true;
    }
}
