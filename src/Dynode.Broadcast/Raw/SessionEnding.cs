using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// How a session ends, side by side:
/// <code>
///   the log      ends with the client's FIN or reset, its silence, its refusal of replies, its primary, or the drain
///   servers      each gets our FIN behind its last byte, and is read until its own
///   the client   gets our FIN when no connected server can answer any more (none: when its bytes are in the log);
///                is closed when both FINs are there
///   the session  lingers without its client until every delivery is settled, at most linger_timeout after the last progress
/// </code>
/// Owned by the session's turns.
/// </summary>
internal sealed class SessionEnding(ClientSession session, Socket socket, FanOutLog log, ClientReceiver input)
{
    /// <summary>
    /// How long a client that did not end first is waited for behind our FIN: a pool that reads the end closes within a round
    /// trip; one that does not look holds a descriptor, not data.
    /// </summary>
    private static readonly TimeSpan ClientEndWait = TimeSpan.FromSeconds(1);

    private string _reason = "closed by the client";
    private bool _draining;
    private long _endedAt;
    private long _finishedAt = Clock.Never;

    /// <summary>No more will come to the log.</summary>
    public bool LogEnded { get; private set; }

    /// <summary>The client's socket is closed.</summary>
    public bool ClientClosed { get; private set; }

    /// <summary>Nothing is left of the session.</summary>
    public bool IsOver { get; private set; }

    private DataPlane Plane => session.Plane;

    /// <summary>The end of each turn: draws the conclusions.</summary>
    public void Step(long now)
    {
        if (!LogEnded && input.HasEnded)
            EndLog(now, input.WasReset ? "reset by the client" : _reason);
        if (!LogEnded && session.Primary is { IsClosed: true })
            EndLog(now, "its primary server ended");
        if (_draining)
            GiveUpAway();
        if (LogEnded && !ClientClosed)
            EndClient(now);
        RetireSettled();
        if (ClientClosed && input.IsQuiet && session.Replies.IsQuiet && session.Connections.Count == 0 && session.Deliveries.All(delivery => delivery.IsSettled))
            End();
    }

    /// <summary>What time has decided. Returns when to look again.</summary>
    public long CheckDeadlines(long now)
    {
        if (session.Replies.IsRefused(now))
        {
            long count = Plane.Traffic.WriteTimedOut();
            if (session.Sessions.MaySayWriteTimeout())
                Plane.Logger.WriteTimeout(session.Client, Plane.Settings.WriteTimeout.TotalSeconds, count);
            EndLog(now, "write timeout");
            CloseClient(now);
        }

        if (!LogEnded && now >= IdleDeadline() && !OwesAnybody())
        {
            Plane.Traffic.IdleTimedOut();
            Plane.Logger.IdleTimeout(session.Client, Plane.Settings.IdleTimeout.TotalSeconds);
            EndLog(now, "idle");
        }

        if (LogEnded && now >= LingerDeadline())
        {
            session.GiveUp(DropReason.Linger);
            session.Replies.Finish();
            CloseClient(now);
        }

        // An idle deadline that has passed with something owed is looked at again when that may have changed.
        long idle = LogEnded ? Clock.Never : IdleDeadline() > now ? IdleDeadline() : now + Math.Max(Plane.Settings.IdleTimeout.Ticks / 8, TimeSpan.TicksPerMillisecond);
        return Math.Min(
            Math.Min(idle, session.Replies.Deadline),
            Math.Min(LogEnded && !IsOver ? LingerDeadline() : Clock.Never, ClientClosed ? Clock.Never : FinishDeadline()));
    }

    /// <summary>The broadcaster stops.</summary>
    public void Drain(long now)
    {
        _draining = true;
        EndLog(now, "drain");
    }

    /// <summary>Everything ends now; what is owed is dropped.</summary>
    public void Abort(long now)
    {
        EndLog(now, "shutdown");
        session.GiveUp(DropReason.Shutdown);
        CloseClient(now);
    }

    /// <summary>After a fault of this program: gives up the descriptors, and leaves the rest to the collector.</summary>
    public void Fail()
    {
        IsOver = true;
        socket.Dispose();
        foreach (var connection in session.Connections)
            connection.Close();
        foreach (var delivery in session.Deliveries)
            delivery.Backend.Withdraw(delivery);
        session.Sessions.Ended(session);
    }

    private void EndLog(long now, string reason)
    {
        if (LogEnded)
            return;
        LogEnded = true;
        _reason = reason;
        _endedAt = now;
        input.Stop();
        log.Complete();
        session.PumpAll(now);
        session.ArmFor(LingerDeadline());
        session.Again();
    }

    private void EndClient(long now)
    {
        if (input.WasReset)
        {
            CloseClient(now);
            return;
        }

        if (session.Replies.IsIdle && !session.Replies.IsFinished && RepliesAreOver())
        {
            session.Replies.Finish();
            _finishedAt = now;
            session.ArmFor(FinishDeadline());
            session.Again();
        }

        if ((session.Replies.IsFinished || session.Replies.IsDead) && (input.SawEnd || now >= FinishDeadline()))
            CloseClient(now);
    }

    /// <summary>No connected server can say anything more that the client would get.</summary>
    private bool RepliesAreOver()
    {
        if (session.Replies.IsDead || Plane.Settings.Reply == RawReply.None)
            return true;
        if (session.Primary is { } primary)
            return !primary.MayAnswer;
        return !session.Connections.Any(connection => connection.MayAnswer && !connection.Delivery.IsAway) && !session.Deliveries.Any(delivery => delivery.IsComing);
    }

    private void CloseClient(long now)
    {
        if (ClientClosed)
            return;
        EndLog(now, _reason);
        ClientClosed = true;
        socket.Dispose();
        input.Close();
        session.Replies.Kill();
        Plane.Logger.ClientEnded(session.Client, _reason, input.ReceivedBytes, session.Replies.RelayedBytes);
        session.Sessions.ClientLeft(session);
        session.Again();
    }

    private void RetireSettled()
    {
        // One that retires or gave up, and whose connections are gone, is nobody's any more.
        for (int i = session.Deliveries.Count - 1; i >= 0; i--)
        {
            var delivery = session.Deliveries[i];
            if (delivery.IsRetiring && delivery.IsSettled && !HasConnection(delivery))
                session.Deliveries.Remove(delivery);
        }
    }

    private bool HasConnection(Delivery delivery) => session.Connections.Any(connection => connection.Delivery == delivery);

    private void GiveUpAway()
    {
        foreach (var delivery in session.Deliveries)
        {
            if (delivery.IsAway && delivery.Owes)
                delivery.GiveUp(DropReason.Shutdown);
        }
    }

    private void End()
    {
        IsOver = true;
        foreach (var delivery in session.Deliveries)
            delivery.Leave();
        log.Complete();
        input.Dispose();
        session.Replies.Dispose();
        session.Sessions.Ended(session);
    }

    private bool OwesAnybody() =>
        !session.Replies.IsIdle || session.Deliveries.Any(delivery => delivery.Owes && !delivery.IsAway);

    private long IdleDeadline() => Clock.After(session.LastActivity, Plane.Settings.IdleTimeout);

    private long LingerDeadline() => Math.Max(_endedAt, session.LastActivity) + Plane.Settings.LingerTimeout.Ticks;

    private long FinishDeadline() => _finishedAt == Clock.Never ? Clock.Never : _finishedAt + ClientEndWait.Ticks;
}
