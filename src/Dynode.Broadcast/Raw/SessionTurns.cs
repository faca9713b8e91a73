using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>Whose turns they are.</summary>
internal interface ITurnTaker
{
    /// <summary>Nothing is left to do, and a fault concerns nobody any more.</summary>
    bool IsOver { get; }

    /// <summary>One turn; it waits for nothing.</summary>
    void Turn(long now);

    /// <summary>A turn ended in a fault of this program: there will be no other.</summary>
    void Fail();
}

/// <summary>
/// When one session has its turns, one at a time (<see cref="TurnGate"/>): completions run one on the event thread that brings
/// them; the timer, backends and orders queue one to the pool. Whoever is in a turn asks for another by <see cref="Again"/>, and
/// for one at a given time by <see cref="ArmFor"/>. Any thread asks; what the turn itself looks at is the turn's alone.
/// </summary>
internal sealed class SessionTurns : ITurnOwner, IPageWaiter, IThreadPoolWorkItem, IDisposable
{
    /// <summary>Turns in a row on one thread before others have theirs.</summary>
    private const int TurnsMax = 4;

    /// <summary>A timer takes no more than some weeks; a later deadline is looked at again.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    private readonly DataPlane _plane;
    private readonly ITurnTaker _taker;
    private readonly ITimer _timer;
    private readonly ReadyQueue<BackendConnection> _ready = new();
    private TurnGate _gate;
    private bool _again;
    private bool _timerFired;
    private int _lookAtAll;
    private int _orders;
    private long _armedFor = Clock.Never;

    public SessionTurns(DataPlane plane, ITurnTaker taker)
    {
        (_plane, _taker) = (plane, taker);
        _timer = plane.Clock.Time.CreateTimer(static state => ((SessionTurns)state!).TimerFired(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Signal()
    {
        LookAtAll();
        if (_gate.TryEnter())
            Run();
    }

    /// <summary>One connection's receive has completed; most often nothing else need be looked at.</summary>
    public void Signal(BackendConnection connection)
    {
        _ready.Push(connection);
        if (_gate.TryEnter())
            Run();
    }

    /// <summary>Queues a turn; from any thread that is not to run it.</summary>
    public void Wake()
    {
        LookAtAll();
        if (_gate.TryEnter())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void PagesFreed() => Wake();

    /// <inheritdoc/>
    public void Execute() => Run();

    /// <summary>Leaves an order for the next turn.</summary>
    public void Order(SessionOrder order)
    {
        Interlocked.Or(ref _orders, (int)order);
        Wake();
    }

    /// <summary>There is more to do: another turn follows this one.</summary>
    public void Again()
    {
        LookAtAll();
        _again = true;
    }

    /// <summary>A turn will look at all deadlines at <paramref name="when"/> or before.</summary>
    public void ArmFor(long when)
    {
        if (when >= _armedFor)
            return;
        _armedFor = when;
        long wait = Math.Clamp(when - _plane.Clock.Now, 0, WaitMax.Ticks);
        _timer.Change(TimeSpan.FromTicks(wait) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The turn has to look at everything, not only at who is ready.</summary>
    public void LookAtAll() => Volatile.Write(ref _lookAtAll, 1);

    /// <summary>Whether it has to.</summary>
    /// <remarks>Exchanged, not written: who asks for a look from here on must not have it overwritten, and gets it in the next turn.</remarks>
    public bool TakeLookAtAll() => Interlocked.Exchange(ref _lookAtAll, 0) != 0;

    /// <summary>Whose receives have completed; go through them with <see cref="ReadyQueue{T}.TakeNext"/>.</summary>
    public BackendConnection? TakeReady() => _ready.TakeAll();

    public SessionOrder TakeOrders() => Volatile.Read(ref _orders) == 0 ? SessionOrder.None : (SessionOrder)Interlocked.Exchange(ref _orders, 0);

    /// <summary>True: deadlines have to be looked at now, and armed for anew.</summary>
    public bool TakeDeadlines(long now)
    {
        if (now < _armedFor && !Volatile.Read(ref _timerFired))
            return false;
        Volatile.Write(ref _timerFired, false);
        _armedFor = Clock.Never;
        return true;
    }

    /// <summary>All deadlines are looked at in this turn.</summary>
    public void LookAtDeadlines() => _armedFor = 0;

    /// <summary>No deadline wakes it any more.</summary>
    public void Dispose() => _timer.Dispose();

    private void Run()
    {
        for (int turns = 0; turns < TurnsMax; turns++)
        {
            _again = false;
            try
            {
                _taker.Turn(_plane.Clock.Now);
            }
            catch (Exception e) when (!_taker.IsOver)
            {
                _plane.Logger.SessionFault(e);
                _taker.Fail();
                return;
            }

            if (!_again && _gate.TryLeave())
                return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void TimerFired()
    {
        // Timers count in a coarser clock than ours and may fire some milliseconds early: the turn arms it again for the rest.
        Volatile.Write(ref _timerFired, true);
        Wake();
    }
}
