using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The turns of the framed protocols: one at a time, on the event thread. Completions only leave word (<see cref="Signal"/>); a
/// turn behind them (<see cref="WakeSocket"/>) then does for all who are ready what a turn for each would do many times over.
/// So nothing that runs in them locks, and what one part does to another it does at once. The control plane does its part
/// <see cref="Between"/> two turns, and waits for one at most.
/// </summary>
internal sealed class Turns : IDisposable
{
    /// <summary>Turns in a row on one thread before others have theirs.</summary>
    private const int TurnsMax = 16;

    private readonly Lock _turn = new();
    private readonly ReadyQueue<ISequenced> _ready = new();
    private readonly WakeSocket _wake;
    private readonly DataPlane _plane;
    private readonly Action<long> _run;
    private TurnGate _gate;

    /// <param name="plane">Of the clock, and of the log for what must never be.</param>
    /// <param name="run">One turn; given its time.</param>
    public Turns(DataPlane plane, Action<long> run)
    {
        (_plane, _run) = (plane, run);
        _wake = new WakeSocket(RunTurns);
    }

    /// <summary>Somebody has something to do. Any thread.</summary>
    public void Signal(ISequenced item)
    {
        _ready.Push(item);
        Wake();
    }

    /// <summary>A turn is wanted. Any thread.</summary>
    public void Wake()
    {
        if (_gate.TryEnter())
            _wake.Request();
    }

    /// <summary>The control plane does something between two turns, and a turn follows. Any thread but in a turn.</summary>
    public T Between<T>(Func<long, T> action)
    {
        T result;
        lock (_turn)
            result = action(_plane.Clock.Now);
        Wake();
        return result;
    }

    /// <summary>Who has something to do, first come first; null: nobody. In a turn.</summary>
    public ISequenced? TakeReady() => _ready.TakeAll();

    /// <summary>Runs one's steps; a fault of this program ends that one alone. In a turn.</summary>
    public void Run(ISequenced item, long now)
    {
        try
        {
            item.Step(now);
        }
        catch (Exception e)
        {
            _plane.Logger.SessionFault(e);
            item.Fail();
        }
    }

    /// <summary>No turn follows this one. In a turn.</summary>
    public void Dispose() => _wake.Dispose();

    private void RunTurns()
    {
        for (int turns = 0; turns < TurnsMax; turns++)
        {
            lock (_turn)
                _run(_plane.Clock.Now);
            if (_gate.TryLeave())
                return;
        }

        _wake.Request();
    }
}
