namespace Dynode.Protocols.Policies;

/// <summary>The client gets nothing. Nothing is waited for or kept; the caller reads, matches and counts replies all the same.</summary>
public sealed class NoReply : IReplyPolicy
{
    /// <summary>The only one: it has no state.</summary>
    public static readonly NoReply Instance = new();

    private NoReply()
    {
    }

    /// <inheritdoc/>
    public PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured) => new(PolicyAction.Silence);

    /// <inheritdoc/>
    public bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop)
    {
        drop = -1;
        return false;
    }
}
