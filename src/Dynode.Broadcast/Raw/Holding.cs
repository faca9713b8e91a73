using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Which servers hold one session's client, or others, and for how long they may:
/// <code>
///   the log is full                       a server that is behind by all of it holds the client      <see cref="Room"/>
///   clients wait for memory anywhere      a server that is behind at all holds pages that they need   <see cref="SeeToMemory"/>
/// </code>
/// One that stalls pays from its budget, and is ejected when that is spent and another server of the session could go on. Owned by the
/// session's turns.
/// </summary>
internal sealed class Holding(DataPlane plane, FanOutLog log, DeliverySet deliveries, SessionLife session)
{
    private MemoryHold? _memory;

    /// <summary>
    /// How many bytes the log may still take from the client; when none, those who hold it so are seen to. One that is away
    /// holds nobody: it loses its oldest when more has come, not before.
    /// </summary>
    public long Room(long now)
    {
        long max = plane.Settings.BacklogBytesMax;
        long room = max - log.Backlog;
        if (room > 0)
            return room;
        foreach (var delivery in deliveries)
        {
            if (delivery.Lag >= max && !delivery.IsAway)
                SeeTo(delivery, now, max);
        }

        room = max;
        foreach (var delivery in deliveries)
        {
            if (!delivery.IsAway)
                room = Math.Min(room, max - delivery.Lag);
        }

        return room;
    }

    /// <summary>Clients, of this session or of others, wait for memory; null: nobody does, or does no more.</summary>
    public void SeeToMemory(MemoryHold? memory, long now)
    {
        // The client is gone: what lingers gives way to others by itself.
        if (session.ClientClosed)
            memory = null;
        if (_memory is { } before && before != memory)
        {
            foreach (var delivery in deliveries)
                delivery.Unhold(Math.Min(before.Until, now));
        }

        _memory = memory;
        if (memory is null)
            return;
        foreach (var delivery in deliveries)
        {
            if (delivery.Owes && !delivery.IsAway)
                SeeTo(delivery, now, delivery.Lag);
        }
    }

    private void SeeTo(Delivery delivery, long now, long lagMax)
    {
        if (delivery.IsExcused || !SomebodyHasRoom(lagMax))
            delivery.HoldsNobody(now);
        else if (!delivery.HoldsTooLong(now, _memory))
            return;
        else if (SomebodyGoesOn(now, lagMax))
            delivery.Eject(now, _memory);
        else
            delivery.GoesOnHolding(now);
    }

    /// <summary>Whether a connected server, besides, is taking what it has room for: one that gains when another is ejected.</summary>
    private bool SomebodyGoesOn(long now, long lagMax)
    {
        foreach (var delivery in deliveries)
        {
            // For memory a little is enough to be behind, and kernels differ in what they take for a server that reads nothing.
            if (delivery.Lag < lagMax && delivery.TakesAt(now) && (_memory is null || delivery.ReceivesAt(now)))
                return true;
        }

        return false;
    }

    /// <summary>Whether a connected server has room.</summary>
    private bool SomebodyHasRoom(long lagMax)
    {
        foreach (var delivery in deliveries)
        {
            if (delivery.Lag < lagMax && delivery.Connection is { IsOpen: true })
                return true;
        }

        return false;
    }
}
