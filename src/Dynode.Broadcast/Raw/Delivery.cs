using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// What one session owes one backend: its place in the session's log (<see cref="LogPlace"/>), the connection that carries it
/// (<see cref="Raw.Carrier"/>), and what becomes of it when there is none. Owned by its session's turns.
/// </summary>
internal sealed class Delivery
{
    private readonly DataPlane _plane;
    private readonly SessionLife _session;
    private readonly SessionTurns _turns;
    private readonly ConnectionSet _connections;
    private LogPlace _place;
    private Stall _stall = new();
    private bool _everSent;
    private bool _ejected;
    private long _retireBy = Clock.Never;

    /// <summary>Joins the session's log.</summary>
    public Delivery(DataPlane plane, Backend backend, FanOutLog log, SessionLife session, SessionTurns turns, ConnectionSet connections)
    {
        (_plane, Backend, _session, _turns, _connections) = (plane, backend, session, turns, connections);
        Carrier = new Carrier(backend, connections, turns);
        _place = new LogPlace(log, backend.Report);
        Join();
    }

    public Backend Backend { get; }

    public Carrier Carrier { get; }

    public BackendConnection? Connection => Carrier.Connection;

    /// <summary>Its end was decided: removed from the set while the session ran.</summary>
    public bool IsRetiring => _place.HasEnd;

    /// <summary>Bytes in the log that it has not been sent.</summary>
    public bool Owes => _place.Owes;

    /// <summary>How far behind the tail it is, in bytes.</summary>
    public long Lag => _place.Lag;

    public long PageLag => _place.PageLag;

    /// <summary>It has no connection yet, and nobody knows its server to be dead: one may come at any moment.</summary>
    public bool IsComing => Connection is null && Owes && !IsAway;

    /// <summary>Nothing is owed or will be; no connection is left to it.</summary>
    public bool IsSettled => Connection is null && (!_place.IsTaken || (!Owes && (_session.LogEnded || IsRetiring)));

    /// <summary>Nothing can be sent to it before something changes that nobody should wait for.</summary>
    public bool IsAway => Carrier.IsMissing && (Backend.IsDown || _ejected || !_place.IsTaken);

    private bool IsBySession => _plane.Settings.Resume == RawResume.Session;
    private TimeSpan StallMax => _plane.Settings.StallTimeout;

    /// <summary>Sends what there is to send, or sees to a connection for it.</summary>
    public void Pump(long now)
    {
        _place.CountMissed();
        if (IsAway)
            Overflow(now);
        if (!_place.IsTaken)
            return;
        if (Connection is { } connection)
        {
            if (connection.IsOpen)
            {
                Send(connection, now);
            }
            else if (connection.IsConnecting && _session.LogEnded && !Owes)
            {
                // Nobody has anything to say to this server any more.
                Carrier.Withdraw();
                connection.Close();
            }
        }
        else if (!Owes && !(Carrier.IsEager && !_session.LogEnded))
        {
            Carrier.Withdraw();
        }
        else if (_everSent && IsBySession)
        {
            Abandon(DropReason.Session);
        }
        else
        {
            Connect(now);
        }
    }

    /// <summary>The kernel took bytes of the pending send.</summary>
    public void Sent(BackendConnection connection, int bytes, long now)
    {
        if (connection != Connection || bytes == 0 || !_place.IsTaken)
            return;
        _place.Advance(bytes);
        Took(now);
    }

    /// <summary>Bytes went on a connection of it, be it one that was let go.</summary>
    public void Carried(int bytes, long now)
    {
        _session.Delivered(now);
        Backend.Counters.Sent(bytes);
    }

    /// <summary>Its server said something.</summary>
    public void Heard(int bytes, long now)
    {
        _session.Touch(now);
        Backend.Counters.Replied(bytes);
    }

    /// <summary>A connection of it ended too early.</summary>
    public void Lost(long unacknowledged, string error) => Backend.Report.Lost(_session.Client, unacknowledged, error);

    /// <summary>After each step of its connection: one that is no more, or was let go, carries nothing any longer.</summary>
    public void Settle() => Carrier.Settle(letGo: _ejected);

    /// <summary>It holds nobody, whatever it owes: it was ejected, or cannot take anything for what its client, or we, do not read.</summary>
    public bool IsExcused => _ejected || Connection is { Replies.IsHeld: true };

    public void HoldsNobody(long now) => _stall.End(now);

    /// <summary>It holds its client, or others for the memory that is waited for. True: longer than it may.</summary>
    public bool HoldsTooLong(long now, MemoryHold? memory)
    {
        bool isKnown = memory is not null && Connection is { SendPending: true } && memory.HasEjected(Backend, now, StallMax);
        if (_stall.Hold(now, StallMax, memory is not null, isKnown))
            return true;
        _turns.ArmFor(_stall.SpentAt(StallMax));
        return false;
    }

    /// <summary>Longer than it may, but nobody would gain were it ejected.</summary>
    public void GoesOnHolding(long now)
    {
        _stall.Renew(now);
        _turns.ArmFor(_stall.SpentAt(StallMax));
    }

    /// <summary>It has spent its budget: it gets no more on this connection, and holds nobody.</summary>
    public void Eject(long now, MemoryHold? memory)
    {
        _stall.Spend(now, StallMax);
        _ejected = true;
        memory?.Ejected(Backend, now);
        Backend.Report.Ejected(_session.Client);
        Carrier.Withdraw();
        Connection?.Finish(now);
        Settle();
    }

    /// <summary>Since then nobody has waited for memory.</summary>
    public void Unhold(long since) => _stall.EndForMemory(since, goesOn: Lag >= _plane.Settings.BacklogBytesMax);

    /// <summary>Its connection takes what is sent: nothing of it waits for the kernel, or something went a moment ago.</summary>
    public bool TakesAt(long now) => Connection is { IsOpen: true } connection && (!connection.SendPending || _stall.TookLatelyAt(now));

    /// <summary>All that it was sent has arrived, or something went a moment ago. A system call.</summary>
    public bool ReceivesAt(long now) => _stall.TookLatelyAt(now) || Connection is { HasArrived: true };

    /// <summary>What it gets no more: it goes on with the client's next burst, or never.</summary>
    public void GiveUp(DropReason reason)
    {
        _place.CountMissed();
        Carrier.Abandon();
        _place.GiveUp(reason);
    }

    /// <summary>Loses its oldest bursts until it is no more than so far behind.</summary>
    public void LoseOldest(DropReason reason, long lagMax)
    {
        while (Owes && Lag > lagMax)
            LoseOldest(reason);
    }

    /// <summary>Its server was removed: it gets what the log holds now.</summary>
    public void Retire(long now)
    {
        if (IsRetiring)
            return;
        _place.CountMissed();
        _place.SetEnd();
        _retireBy = now + _plane.Settings.LingerTimeout.Ticks;
        _turns.ArmFor(_retireBy);
    }

    /// <summary>Its server was added again before that was done.</summary>
    public void Return()
    {
        if (!IsRetiring)
            return;
        _place.ClearEnd();
        _retireBy = Clock.Never;
        if (!_place.IsTaken && !_place.Misses && !_session.LogEnded)
            Join();
    }

    /// <summary>It ends: no cursor, no claim on its backend. Its connection, if any, must be quiet.</summary>
    public void Leave()
    {
        _place.CountMissed();
        _place.EndToMiss();
        Carrier.Withdraw();
        _place.Leave();
    }

    /// <summary>When it may be ejected, may come back, or has retired long enough.</summary>
    public long Deadline(long now)
    {
        if (_ejected && Owes && !_connections.HasOpen(this))
            return Math.Min(_retireBy, _stall.HalfFullAt(now, StallMax));

        // Whoever sends no more cannot be held, but for memory others can.
        return Math.Min(_retireBy, _stall.IsOn && (_stall.IsForMemory || !_session.LogEnded) ? _stall.SpentAt(StallMax) : Clock.Never);
    }

    /// <inheritdoc cref="LogPlace.TellOwed"/>
    public void TellOwed() => _place.TellOwed();

    public void CheckDeadline(long now)
    {
        if (now >= _retireBy && !IsSettled)
            GiveUp(DropReason.Retired);
        Settle();
    }

    private void Send(BackendConnection connection, long now)
    {
        if (Carrier.TrySend(_place, _session.Client, now))
            Took(now);
        if (connection.SendPending || Owes || !(_session.LogEnded || IsRetiring || Backend.IsDisabled))
            return;
        connection.Finish(now, byReset: _session.IsBroken && !IsRetiring);

        // What comes now is not for one that retires, and must not be held for it.
        if (IsRetiring)
            _place.Leave();
    }

    private void Connect(long now)
    {
        // On two connections at once the server of one that was ejected could read the newer bytes first.
        if (_ejected && (_connections.HasOpen(this) || !_stall.IsHalfFull(now, StallMax)))
        {
            _turns.ArmFor(Deadline(now));
            return;
        }

        _ejected = false;
        Carrier.Connect(this);
    }

    private void Took(long now)
    {
        _everSent = true;
        _stall.Took(now);
    }

    private void Join()
    {
        if (!_place.Join() && IsBySession)
            Abandon(DropReason.Session);
    }

    /// <summary>One that is away holds nobody: what has come beyond the bound is its loss.</summary>
    private void Overflow(long now)
    {
        while (Lag > _plane.Settings.BacklogBytesMax)
        {
            if (Owes)
                LoseOldest(_ejected ? DropReason.Ejected : DropReason.Backlog);
            else
                _place.Leave();
        }

        _stall.End(now);
    }

    /// <summary>Loses its oldest burst; by session, with the start of the session all the rest.</summary>
    private void LoseOldest(DropReason reason)
    {
        _place.LoseOldest(reason);
        if (IsBySession)
            Abandon(DropReason.Session);
    }

    /// <summary>Gets nothing more of this session; what comes is counted.</summary>
    private void Abandon(DropReason reason)
    {
        GiveUp(reason);
        _place.BeginToMiss(reason);
    }
}
