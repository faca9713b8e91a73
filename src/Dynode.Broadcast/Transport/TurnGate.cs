namespace Dynode.Broadcast.Transport;

/// <summary>
/// Lets one thread at a time run an owner's turns, and no event be lost: whoever enters runs; whoever finds it taken
/// leaves word, and the runner goes round again. Nobody ever waits here.
/// <code>
///   Idle ──TryEnter──▶ Running ──TryLeave──▶ Idle
///                        │  ▲
///              TryEnter  ▼  │ TryLeave (false: go round again)
///                      RunningAgain
/// </code>
/// All that the owner's turns touch needs no lock: the gate's interlocked steps order it.
/// </summary>
internal struct TurnGate
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int RunningAgain = 2;

    private int _state;

    /// <summary>True: the caller runs the turns now (or sees to it that somebody does). False: the one who does will go round again.</summary>
    public bool TryEnter()
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Running, Idle))
            {
                case Idle:
                    return true;
                case RunningAgain:
                    return false;
                default:
                    if (Interlocked.CompareExchange(ref _state, RunningAgain, Running) is Running or RunningAgain)
                        return false;
                    break;
            }
        }
    }

    /// <summary>After a turn. False: something came meanwhile; run another.</summary>
    public bool TryLeave()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Running) == Running)
            return true;
        Volatile.Write(ref _state, Running);
        return false;
    }
}
