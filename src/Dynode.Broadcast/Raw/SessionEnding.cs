using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// How a session ends, side by side:
/// <code>
///   the log      ends with the client's FIN or reset, its silence, its refusal of replies, its primary, the last of all servers
///                (all), or the drain
///   servers      each gets our FIN behind its last byte, and is read until its own; a reset where the client broke off
///   the client   gets our FIN when no connected server can answer any more (none: when its bytes are in the log);
///                is closed when both FINs are there (<see cref="ClientEnding"/>); where a server broke off in the midst of what
///                the client got of it, gets a reset behind it
///   the session  lingers without its client until every delivery is settled, at most linger_timeout after the last progress
/// </code>
/// Owned by the session's turns.
/// </summary>
internal sealed class SessionEnding(
    DataPlane plane, FanOutLog log, SessionLife life, ClientEnding client, ReplyRelay relay, DeliverySet deliveries, ConnectionSet connections, SessionTurns turns)
{
    /// <summary>How often it is looked whether a client has what a reset is to come behind.</summary>
    private static readonly TimeSpan BreakLook = TimeSpan.FromSeconds(0.05);

    private static readonly ClientEnd PrimaryEnded = ClientEnd.OfServer("its primary server ended");

    private static readonly ClientEnd AllEnded = ClientEnd.OfServer("every server ended");

    private bool _draining;

    private long IdleDeadline => life.IdleDeadline(plane.Settings.IdleTimeout);

    private long LingerDeadline => life.LingerDeadline(plane.Settings.LingerTimeout);

    /// <summary>The end of each turn: draws the conclusions.</summary>
    public void Step(long now)
    {
        if (client.InputEnded)
            EndLog(client.WasReset ? client.BrokenBy : life.Why, now, isBroken: client.WasReset);
        if (relay.Primary is { IsClosed: true })
            EndLog(PrimaryEnded, now);
        if (!life.LogEnded && EveryServerHasEnded())
            EndLog(AllEnded, now);
        if (_draining)
            deliveries.GiveUpAway(DropReason.Shutdown);
        if (life.LogEnded && !life.ClientClosed)
            EndClient(now);
        deliveries.RemoveSettled(connections);
        if (life.ClientClosed && client.IsQuiet && connections.Count == 0 && deliveries.All(static delivery => delivery.IsSettled))
            End();
    }

    /// <summary>What time has decided. Returns when to look again.</summary>
    public long CheckDeadlines(long now)
    {
        if (client.Refuses(now))
        {
            life.Blame(ClientEnd.WriteTimeout);
            EndLog(ClientEnd.WriteTimeout, now, isBroken: true);
            CloseClient(torn: false);
        }

        if (!life.LogEnded && now >= IdleDeadline && !OwesAnybody())
        {
            plane.Traffic.IdleTimedOut();
            plane.Logger.IdleTimeout(life.Client, plane.Settings.IdleTimeout.TotalSeconds);
            EndLog(ClientEnd.Idle, now);
        }

        if (life.LogEnded && now >= LingerDeadline)
        {
            bool torn = IsTorn();
            GiveUp(DropReason.Linger);
            if (!torn)
                client.Finish();
            CloseClient(torn);
        }

        return Math.Min(client.Deadline, life.LogEnded ? LingerDeadline : LookForIdleAt(now));
    }

    /// <summary>The operator wants the client gone; what it sent is nobody's loss.</summary>
    public void CloseByOrder(long now)
    {
        life.Blame(ClientEnd.ByOperator);
        EndLog(ClientEnd.ByOperator, now);
        CloseClient(torn: true);
    }

    /// <summary>The broadcaster stops.</summary>
    public void Drain(long now)
    {
        _draining = true;
        EndLog(ClientEnd.Drain, now);
    }

    /// <summary>Everything ends now; what is owed is dropped.</summary>
    public void Abort(long now)
    {
        life.Blame(ClientEnd.Shutdown);
        EndLog(ClientEnd.Shutdown, now);
        GiveUp(DropReason.Shutdown);
        CloseClient(torn: false);
    }

    /// <summary>Every server that is still owed loses the rest, every connection ends.</summary>
    public void GiveUp(DropReason reason)
    {
        deliveries.GiveUp(reason);
        connections.Abandon();
    }

    /// <summary>After a fault of this program: gives up the descriptors, and leaves the rest to the collector.</summary>
    public void Fail()
    {
        life.End();
        client.Fail();
        foreach (var connection in connections)
            connection.Close();
        foreach (var delivery in deliveries)
            delivery.Carrier.Withdraw();
    }

    private void EndLog(ClientEnd end, long now, bool isBroken = false)
    {
        if (!life.TryEndLog(end, isBroken, now))
            return;
        client.StopReading();
        log.Complete();
        deliveries.Pump(now);
        turns.ArmFor(LingerDeadline);
        turns.Again();
    }

    private void EndClient(long now)
    {
        if (!client.WasReset && client.MayFinish && RepliesAreOver())
        {
            if (IsTorn())
            {
                Break(now);
                return;
            }

            client.Finish();
            life.Finished(now);
            turns.ArmFor(life.FinishDeadline);
            turns.Again();
        }

        if (client.IsDone(now))
            CloseClient(torn: false);
    }

    /// <summary>A reset, behind what the client has to get before: it is looked for again and again whether it has.</summary>
    private void Break(long now)
    {
        if (client.HasAllReplies)
            CloseClient(torn: true);
        else
            turns.ArmFor(now + BreakLook.Ticks);
    }

    private void CloseClient(bool torn)
    {
        if (life.ClientClosed)
            return;
        if (client.IsDead)
            life.Blame(ClientEnd.Reset);
        client.Close(torn);
        turns.Again();
    }

    /// <summary>What the client got is not whole: the server whose replies it gets, or under <c>all</c> one of them, broke off.</summary>
    private bool IsTorn() => plane.Settings.Reply switch
    {
        RawReply.None => false,
        RawReply.Primary => relay.Primary is { End: ConnectionEnd.Torn or ConnectionEnd.Silent },
        _ => deliveries.Any(static delivery => delivery.Carrier.IsTorn),
    };

    /// <summary>
    /// Under <c>all</c>: those that were connected have ended, the last of them or one before by its FIN, and none is still to come.
    /// Servers that died are expected back; so it takes a FIN.
    /// </summary>
    private bool EveryServerHasEnded() =>
        plane.Settings.Reply == RawReply.All
        && !connections.Any(static connection => connection.MayAnswer && !connection.Delivery.IsAway)
        && !deliveries.Any(static delivery => delivery.Connection is null && !delivery.IsAway && (delivery.Owes || delivery.Carrier.IsEager))
        && deliveries.Any(static delivery => delivery.Carrier.HasSaidAll && !delivery.Owes && !delivery.IsRetiring);

    /// <summary>No connected server can say anything more that the client would get.</summary>
    private bool RepliesAreOver()
    {
        if (client.IsDead || plane.Settings.Reply == RawReply.None)
            return true;
        if (relay.Primary is { } primary)
            return !primary.MayAnswer;
        return !connections.Any(static connection => connection.MayAnswer && !connection.Delivery.IsAway) && !deliveries.Any(static delivery => delivery.IsComing);
    }

    private void End()
    {
        life.End();
        foreach (var delivery in deliveries)
            delivery.Leave();
        log.Complete();
        client.Leave();
    }

    private bool OwesAnybody() => client.IsOwed || deliveries.Any(static delivery => delivery.Owes && !delivery.IsAway);

    /// <summary>A deadline that has passed with something owed is looked at again when that may have changed.</summary>
    private long LookForIdleAt(long now) =>
        IdleDeadline > now ? IdleDeadline : now + Math.Max(plane.Settings.IdleTimeout.Ticks / 8, TimeSpan.TicksPerMillisecond);
}
