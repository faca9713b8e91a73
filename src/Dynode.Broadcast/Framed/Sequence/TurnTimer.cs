using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>Wants a turn each time that something may be due: often where something is under way, else as seldom as the owner says. In turns only.</summary>
internal sealed class TurnTimer : IDisposable
{
    /// <summary>How exact time is where something may be due.</summary>
    public static readonly TimeSpan Often = TimeSpan.FromSeconds(0.05);

    private readonly Turns _turns;
    private readonly ITimer _timer;
    private bool _hasFired;

    public TurnTimer(DataPlane plane, Turns turns)
    {
        _turns = turns;
        _timer = plane.Clock.Time.CreateTimer(static state => ((TurnTimer)state!).Fired(), this, Often, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It fires later than something might be due.</summary>
    public bool IsSlow { get; private set; }

    /// <summary>Takes note that it has fired, once: it is to be armed then.</summary>
    public bool TryTake()
    {
        if (!Volatile.Read(ref _hasFired))
            return false;
        Volatile.Write(ref _hasFired, false);
        return true;
    }

    /// <summary>It fires again so much later.</summary>
    public void Arm(TimeSpan wait)
    {
        IsSlow = wait > Often;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void Fired()
    {
        Volatile.Write(ref _hasFired, true);
        _turns.Wake();
    }
}
