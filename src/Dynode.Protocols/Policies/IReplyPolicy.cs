namespace Dynode.Protocols.Policies;

/// <summary>What a policy decided.</summary>
public enum PolicyAction : byte
{
    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>The client gets the reply of the voter with rank <see cref="PolicyVerdict.Rank"/>.</summary>
    Answer,

    /// <summary>The client gets every voter's reply, in rank order, and the protocol's error for each that is missing.</summary>
    AnswerAll,

    /// <summary>
    /// The client gets the protocol's error: no voter is left that could answer, or there was none. With a rank, the policy needed
    /// that voter's reply, and it withdrew.
    /// </summary>
    NobodyLeft,

    /// <summary>The client gets the protocol's error: the voters disagree, and says how.</summary>
    Split,

    /// <summary>The client gets nothing.</summary>
    Silence,
}

/// <summary>What a policy decided, and whose reply it means.</summary>
/// <param name="Action">What.</param>
/// <param name="Rank">Of <see cref="PolicyAction.Answer"/>; of <see cref="PolicyAction.NobodyLeft"/> where one voter is to blame; else -1.</param>
public readonly record struct PolicyVerdict(PolicyAction Action, int Rank = -1)
{
    /// <summary>Nothing yet.</summary>
    public static PolicyVerdict Wait => new(PolicyAction.Wait);
}

/// <summary>
/// Which of the voters' replies a client gets. Voters stand in list order; their index is their rank. Pure: called when
/// the request enters the log and after each vote that changes, until it answers, and it must answer when no vote is pending.
/// A reply that it names is that of the voter that has just spoken, or one that is kept.
/// </summary>
public interface IReplyPolicy
{
    /// <summary>Decides.</summary>
    /// <param name="votes">By rank. Empty: there was no voter.</param>
    /// <param name="pending">How many of them are pending.</param>
    /// <param name="configured">Servers that were configured when the request entered the log, voters or not; so at least as many as voters.</param>
    PolicyVerdict Decide(ReadOnlySpan<Vote> votes, int pending, int configured);

    /// <summary>
    /// Whether the reply of the voter that spoke last must be kept, because a later verdict may mean it. Asked only when
    /// <see cref="Decide"/> has just said wait.
    /// </summary>
    /// <param name="votes">By rank.</param>
    /// <param name="rank">Of the voter that spoke last.</param>
    /// <param name="kept">The ranks whose replies are kept so far.</param>
    /// <param name="drop">A kept one that no verdict can mean any more, dropped before the other is kept; -1: none.</param>
    bool Keeps(ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<int> kept, out int drop);
}
