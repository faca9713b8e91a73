namespace Dynode.Protocols.Policies;

/// <summary>
/// The client gets one reply per configured server, always, in list order; for one that did not vote or withdrew, the
/// protocol's error. So it waits for every voter, and where there is none it answers at once. Keeps every reply.
/// </summary>
public sealed class AllReplies : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly AllReplies Instance = new();

    private AllReplies()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured) =>
        pending > 0 ? PolicyVerdict.Wait : new PolicyVerdict(PolicyAction.AnswerAll);

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        drop = -1;
        return true;
    }
}
