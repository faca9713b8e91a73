using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// What one session owes one backend: a cursor in the session's log, at most one connection that carries it, and what
/// becomes of it when there is none. Owned by its session's turns, but for <see cref="Grant"/>.
/// </summary>
internal sealed class Delivery : IConnector
{
    private readonly FanOutLog _log;
    private LogCursor? _cursor;
    private HoldBudget _budget;
    private bool _eager = true;
    private bool _mayBeEager = true;
    private bool _everSent;
    private bool _ejected;
    private long _stalledFrom = Clock.Never;
    private long _tookAt;
    private long? _until;
    private long _retireBy = Clock.Never;
    private MissedCount _missed;

    /// <summary>Joins the session's log.</summary>
    public Delivery(ClientSession session, Backend backend, FanOutLog log)
    {
        (Session, Backend, _log) = (session, backend, log);
        Join();
    }

    public ClientSession Session { get; }

    public Backend Backend { get; }

    /// <inheritdoc/>
    public ConnectGrant Grant { get; set; }

    /// <inheritdoc/>
    public bool IsQueued { get; set; }

    public BackendConnection? Connection { get; private set; }

    /// <summary>Its end was decided: removed from the set while the session ran.</summary>
    public bool IsRetiring => _until is not null;

    /// <summary>Bytes in the log that it has not been sent.</summary>
    public bool Owes => _cursor is { } cursor && cursor.Position < End;

    /// <summary>It has no connection yet, and nobody knows its server to be dead: one may come at any moment.</summary>
    public bool IsComing => Connection is null && Owes && !IsAway;

    /// <summary>How far behind the tail it is, in bytes.</summary>
    public long Lag => _cursor is { } cursor ? _log.Tail - cursor.Position : 0;

    /// <summary>Nothing is owed or will be; no connection is left to it.</summary>
    public bool IsSettled => Connection is null && (_cursor is null || (!Owes && (Session.LogEnded || IsRetiring)));

    /// <summary>Nothing can be sent to it before something changes that nobody should wait for.</summary>
    public bool IsAway => Connection is null or { IsConnecting: true } && (Backend.IsDown || _ejected || _cursor is null);

    private long End => _until ?? _log.Tail;

    private bool IsBySession => Session.Plane.Settings.Resume == RawResume.Session;

    /// <summary>A connection of it, be it one that was let go, is still to end: its server may have bytes to read there.</summary>
    private bool IsCarried => Session.Connections.Any(connection => connection.Delivery == this && !connection.IsClosed);

    /// <inheritdoc/>
    public void Wake() => Session.Wake();

    /// <summary>Sends what there is to send, or sees to a connection for it.</summary>
    public void Pump(long now)
    {
        CountMissed();
        if (IsAway)
            Overflow(now);
        if (_cursor is null)
            return;
        if (Connection is { } connection)
        {
            if (connection.IsOpen)
            {
                Send(connection, _cursor, now);
            }
            else if (connection.IsConnecting && Session.LogEnded && !Owes)
            {
                // Nobody has anything to say to this server any more.
                Backend.Withdraw(this);
                connection.Close();
            }
        }
        else if (!Owes && !(_eager && !Session.LogEnded))
        {
            Backend.Withdraw(this);
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
        if (connection != Connection || bytes == 0 || _cursor is null)
            return;
        _log.Advance(_cursor, bytes);
        Took(now);
    }

    /// <summary>A connect came to nothing. The first one of a session goes through all of a server's addresses, also where nothing is owed yet: the server may speak first.</summary>
    public void ConnectFailed(IPEndPoint endPoint, string error) => _eager = Backend.ConnectFailed(this, endPoint, error) && _mayBeEager;

    /// <summary>After each step of its connection: one that is no more, or was let go, carries nothing any longer.</summary>
    public void Settle()
    {
        if (Connection is not { } connection || connection.SendPending)
            return;
        if (connection.IsClosed || _ejected)
            Connection = null;
    }

    /// <summary>
    /// The log is full, and this one, which is not away, is among those that hold it so. One that stalls pays from its budget,
    /// and is ejected when that is spent and somebody else could go on.
    /// </summary>
    public void Hold(long now, bool othersHaveRoom, bool othersGoOn)
    {
        if (_ejected || Connection is { ReplyWaits: true } || !othersHaveRoom)
        {
            Progressed(now);
            return;
        }

        if (_stalledFrom == Clock.Never)
            _stalledFrom = now;
        long ejectAt = EjectAt();
        if (now < ejectAt)
        {
            Session.ArmFor(ejectAt);
        }
        else if (othersGoOn)
        {
            Eject(now);
        }
        else
        {
            // All stall, each with what its kernel took: nobody is held by this one alone, and its time begins anew.
            _stalledFrom = now + HoldBudget.StallGrace.Ticks;
            Session.ArmFor(EjectAt());
        }
    }

    /// <summary>Its connection takes what is sent: nothing of it waits for the kernel, or something went a moment ago.</summary>
    public bool TakesAt(long now) => Connection is { IsOpen: true } connection && (!connection.SendPending || now - _tookAt < HoldBudget.StallGrace.Ticks);

    /// <summary>What it gets no more: it goes on with the client's next burst, or never.</summary>
    public void GiveUp(DropReason reason)
    {
        CountMissed();
        Backend.Withdraw(this);
        Connection?.Abandon();
        LogDrop all = default;
        while (Owes)
            all += SkipOldest();
        Backend.Report.Dropped(reason, all);
        LeaveLog();
    }

    /// <summary>Memory is short: loses its oldest burst if it is away.</summary>
    public bool DropOldest(DropReason reason)
    {
        if (!IsAway || !Owes || Connection is { SendPending: true })
            return false;
        LoseOldest(reason);
        return true;
    }

    /// <summary>Its server was removed: it gets what the log holds now.</summary>
    public void Retire(long now)
    {
        if (IsRetiring)
            return;
        CountMissed();
        _until = _log.Tail;
        _retireBy = now + Session.Plane.Settings.LingerTimeout.Ticks;
        Session.ArmFor(_retireBy);
    }

    /// <summary>Its server was added again before that was done.</summary>
    public void Return()
    {
        if (!IsRetiring)
            return;
        _until = null;
        _retireBy = Clock.Never;

        // What came between was not for it.
        _missed.From(_log);
        if (_cursor is null && !_missed.IsOn && !Session.LogEnded)
            Join();
    }

    /// <summary>It ends: no cursor, no claim on its backend. Its connection, if any, must be quiet.</summary>
    public void Leave()
    {
        CountMissed();
        _missed = default;
        Backend.Withdraw(this);
        LeaveLog();
    }

    /// <summary>When it may be ejected, may come back, or has retired long enough.</summary>
    public long Deadline(long now)
    {
        if (_ejected && Owes && !IsCarried)
            return Math.Min(_retireBy, _budget.HalfFullAt(now, Session.Plane.Settings.StallTimeout));

        // Whoever sends no more cannot be held.
        return Math.Min(_retireBy, _stalledFrom == Clock.Never || Session.LogEnded ? Clock.Never : EjectAt());
    }

    public void CheckDeadline(long now)
    {
        if (now >= _retireBy && !IsSettled)
            GiveUp(DropReason.Retired);
    }

    private void Send(BackendConnection connection, LogCursor cursor, long now)
    {
        while (!connection.SendPending && Owes)
        {
            if (!connection.Begun && !TryBegin(connection, cursor))
                break;
            if (!FanOutLog.TryRead(cursor, out var bytes, out var page))
                break;
            bytes = bytes[..(int)Math.Min(bytes.Length, End - cursor.Position)];
            var outcome = connection.Send(bytes, page, now, out int sent);
            if (sent > 0)
            {
                _log.Advance(cursor, sent);
                Took(now);
            }

            if (outcome != SendOutcome.Done)
                return;
        }

        if (connection.SendPending || Owes || !(Session.LogEnded || IsRetiring))
            return;
        connection.Finish(now);

        // What comes now is not for one that retires, and must not be held for it.
        if (IsRetiring)
            LeaveLog();
    }

    /// <summary>The first bytes on a connection begin where a server that knows nothing of the ones before can begin.</summary>
    private bool TryBegin(BackendConnection connection, LogCursor cursor)
    {
        var resume = _log.Resume(cursor);
        Backend.Report.Dropped(DropReason.MidRequest, resume.Dropped);
        if (resume.RepeatedBytes > 0)
            Backend.Report.Repeated(Session.Client, 1, resume.RepeatedBytes);

        return connection.Begun = resume.Ready;
    }

    private void Connect(long now)
    {
        // On two connections at once the server of one that was ejected could read the newer bytes first.
        if (_ejected && (IsCarried || !_budget.IsHalfFull(now, Session.Plane.Settings.StallTimeout)))
        {
            Session.ArmFor(Deadline(now));
            return;
        }

        _ejected = false;
        if (!Backend.TryGrant(this, out var endPoint))
            return;
        _mayBeEager &= _eager;
        _eager = false;
        try
        {
            Connection = new BackendConnection(Session, this, endPoint!, now);
            Session.Opened(Connection);
        }
        catch (SocketException e)
        {
            // No completion will come of it: the next turn takes its place in the queue.
            ConnectFailed(endPoint!, e.Message);
            Session.Again();
        }
    }

    private void Eject(long now)
    {
        _budget.Spend(_stalledFrom, now);
        _stalledFrom = Clock.Never;
        _ejected = true;
        Backend.Report.Ejected(Session.Client);
        Backend.Withdraw(this);
        Connection?.Finish(now);
        Settle();
    }

    private void Took(long now)
    {
        _everSent = true;
        _tookAt = now;
        Progressed(now);
    }

    private void Progressed(long now)
    {
        if (_stalledFrom == Clock.Never)
            return;
        if (now - _stalledFrom >= HoldBudget.StallGrace.Ticks)
            _budget.Spend(_stalledFrom, now);
        _stalledFrom = Clock.Never;
    }

    private long EjectAt()
    {
        var max = Session.Plane.Settings.StallTimeout;
        return max == TimeSpan.Zero ? _stalledFrom : _stalledFrom + Math.Max(HoldBudget.StallGrace.Ticks, _budget.Remaining(_stalledFrom, max));
    }

    /// <summary>At the log's first byte every server may begin; later it has missed how the burst, and the session, began.</summary>
    private void Join()
    {
        _cursor = _log.Join(awaitBoundary: _log.Tail > 0);
        if (_log.Tail > 0 && IsBySession)
            Abandon(DropReason.Session);
    }

    private void LeaveLog()
    {
        if (_cursor is { } cursor)
            _log.Leave(cursor);
        _cursor = null;
    }

    /// <summary>One that is away holds nobody: what has come beyond the bound is its loss.</summary>
    private void Overflow(long now)
    {
        while (Lag > Session.Plane.Settings.BacklogBytesMax)
        {
            if (Owes)
                LoseOldest(_ejected ? DropReason.Ejected : DropReason.Backlog);
            else
                LeaveLog();
        }

        Progressed(now);
    }

    /// <summary>Loses its oldest burst; by session, with the start of the session all the rest.</summary>
    private void LoseOldest(DropReason reason)
    {
        Backend.Report.Dropped(reason, SkipOldest());
        if (IsBySession)
            Abandon(DropReason.Session);
    }

    /// <summary>What lies behind the end of one that retires was never owed to it.</summary>
    private LogDrop SkipOldest()
    {
        long owed = End - _cursor!.Position;
        var skipped = _log.DropOldest(_cursor);
        return skipped with { Bytes = Math.Min(skipped.Bytes, owed) };
    }

    /// <summary>Gets nothing more of this session; what comes is counted.</summary>
    private void Abandon(DropReason reason)
    {
        GiveUp(reason);
        _missed.Begin(reason, _log);
    }

    private void CountMissed()
    {
        if (!IsRetiring)
            Backend.Report.Dropped(_missed.Reason, _missed.Take(_log));
    }
}
