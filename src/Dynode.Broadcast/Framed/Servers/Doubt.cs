using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What becomes of replies that say "not now".</summary>
internal enum DoubtVerdict
{
    /// <summary>It depends on what follows.</summary>
    Open,

    /// <summary>Nothing follows: the server is to be asked.</summary>
    Ask,

    /// <summary>It meant it: nothing was done, and all from there is sent again.</summary>
    Refused,

    /// <summary>The first was an answer like any other.</summary>
    Answer,

    /// <summary>The server meant it, and serves before it has been left alone: an answer, and what it refused it has missed.</summary>
    Missed,
}

/// <summary>
/// Whether a server that has said "not now" meant it, by what follows on its connection. Nothing may be done again of which it is not
/// certain that nothing was done; so the word of a request that runs a program counts only where others are refused too.
/// <code>
///   first        follows                                  verdict
///   an ordinary  nothing, refusals, what proves nothing   Refused
///                an ordinary one, or a program, is done   Missed     (to send the first again would put it behind that one)
///   a program's  an ordinary one is refused               as if the first were ordinary
///                one is done that would not be, or acts   Answer
///                nothing that proves anything             Ask: PING and INFO; silence of one that was proven ready: Answer
///   an ordinary  of a request that was refused before by
///    again       a server that is ready by its own word   as a program's, but other refusals prove nothing; Missed for Answer
/// </code>
/// Pure but for its fields; owned by one connection.
/// </summary>
/// <param name="cause">What was said.</param>
/// <param name="runsProgram">Of a request that runs one.</param>
/// <param name="isAgain">Of one that was refused before.</param>
/// <param name="isProven">The preamble has shown that the server is free of this cause.</param>
internal struct Doubt(NotNowCause cause, bool runsProgram, bool isAgain, bool isProven)
{
    private readonly bool _isAgain = isAgain && isProven && !runsProgram;
    private bool _isCertain = !runsProgram && !(isAgain && isProven);
    private bool _hasRefused;
    private bool _hasSaidOther;

    /// <summary>What is no program's word was not done.</summary>
    private readonly DoubtVerdict Answer => _isCertain || _isAgain ? DoubtVerdict.Missed : DoubtVerdict.Answer;

    /// <summary>Whether a request of this nature, done, shows that a server is free of this cause.</summary>
    public static bool Serves(RequestNature nature, NotNowCause cause)
    {
        if (nature.HasFlag(RequestNature.ProvesNothing))
            return false;
        if (nature.HasFlag(RequestNature.RunsProgram))
            return cause is NotNowCause.Busy or NotNowCause.Loading;
        return !nature.HasFlag(RequestNature.Reads) || cause != NotNowCause.ReadOnly;
    }

    /// <summary>Whether a request of this nature, done, may have changed what another one of it would find.</summary>
    public static bool Acts(RequestNature nature) => nature.HasFlag(RequestNature.RunsProgram) && !nature.HasFlag(RequestNature.Reads);

    /// <summary>The reply to a later request.</summary>
    /// <param name="kind">What it says; errors of other kinds a server gives before it looks at its state.</param>
    /// <param name="nature">Of the request; of a transaction's replies but the last: proves nothing.</param>
    /// <param name="isProgram">It may be a program's word.</param>
    public DoubtVerdict Follow(ReplyKind kind, RequestNature nature, bool isProgram)
    {
        if (kind == ReplyKind.NotNow || (kind == ReplyKind.NotNowWithin && isProgram))
        {
            _hasRefused = true;
            _isCertain |= !isProgram && !_isAgain;
            return DoubtVerdict.Open;
        }

        // What a program did cannot be done again, whatever it shows of its server; nor is it known what one did that ended in an error.
        if ((kind == ReplyKind.Normal && Serves(nature, cause)) || (Acts(nature) && (kind == ReplyKind.Normal || isProgram)))
            return Answer;
        _hasSaidOther = true;
        return DoubtVerdict.Open;
    }

    /// <summary>All that was in flight has been answered.</summary>
    public readonly DoubtVerdict InFlightEnded() => _isCertain ? DoubtVerdict.Refused : DoubtVerdict.Ask;

    /// <summary>What the server was asked has been answered: the first word counts, for it is the nearest to what is in doubt.</summary>
    /// <param name="evidence">Of each answer.</param>
    public readonly DoubtVerdict Asked(ReadOnlySpan<Evidence> evidence)
    {
        foreach (var one in evidence)
        {
            if (one != Evidence.None)
                return one == Evidence.Refuses ? DoubtVerdict.Refused : Answer;
        }

        // Who may not ask knows no more; to take each refusal of a server that reads its data for an answer would lose them all.
        return isProven ? Answer : DoubtVerdict.Refused;
    }

    /// <summary>No more can be looked at before it is decided.</summary>
    public readonly DoubtVerdict NoMore() =>
        _isCertain || (!_isAgain && _hasRefused && !_hasSaidOther) ? DoubtVerdict.Refused : Answer;

    /// <summary>The connection has ended.</summary>
    public readonly DoubtVerdict Ended() => !runsProgram ? DoubtVerdict.Refused : NoMore();
}
