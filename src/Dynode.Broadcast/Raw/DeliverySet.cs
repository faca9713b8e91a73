using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One session's deliveries, in the order of the backend set, those that retire last: which servers they are for, and how
/// far they let the log grow. Owned by its session's turns.
/// </summary>
internal sealed class DeliverySet(DataPlane plane, BackendDirectory backends, FanOutLog log, SessionLife session, SessionTurns turns)
{
    private readonly List<Delivery> _deliveries = [];
    private int _version;

    public List<Delivery>.Enumerator GetEnumerator() => _deliveries.GetEnumerator();

    public bool All(Predicate<Delivery> condition) => _deliveries.TrueForAll(condition);

    public bool Any(Predicate<Delivery> condition) => _deliveries.Exists(condition);

    /// <summary>Takes the set as it now is, if it has changed: added servers join, removed ones retire, and the order is the set's.</summary>
    /// <param name="connections">Of the same session.</param>
    /// <param name="now">When.</param>
    public void Reconcile(ConnectionSet connections, long now)
    {
        if (_version == backends.Version)
            return;
        _version = backends.Version;
        var before = _deliveries.ToList();
        _deliveries.Clear();
        _deliveries.Capacity = Math.Max(_deliveries.Capacity, backends.Current.Length);
        foreach (var backend in backends.Current)
        {
            int index = before.FindIndex(delivery => delivery.Backend == backend);
            if (index >= 0)
            {
                before[index].Return();
                _deliveries.Add(before[index]);
                before.RemoveAt(index);
            }
            else if (!session.LogEnded)
            {
                _deliveries.Add(new Delivery(plane, backend, log, session, turns, connections));
            }
        }

        foreach (var removed in before)
        {
            removed.Retire(now);
            _deliveries.Add(removed);
        }
    }

    /// <summary>Sends each server what there is, and sees to connections.</summary>
    public void Pump(long now)
    {
        foreach (var delivery in _deliveries)
            delivery.Pump(now);
    }

    /// <summary>What time has decided. Returns when to look again.</summary>
    public long CheckDeadlines(long now)
    {
        long next = Clock.Never;
        foreach (var delivery in _deliveries)
        {
            delivery.CheckDeadline(now);
            next = Math.Min(next, delivery.Deadline(now));
        }

        return next;
    }

    /// <summary>Memory is short: those that are away lose their oldest burst.</summary>
    public void DropOldest(DropReason reason)
    {
        foreach (var delivery in _deliveries)
            delivery.DropOldest(reason);
    }

    /// <summary>All lose what they are owed.</summary>
    public void GiveUp(DropReason reason)
    {
        foreach (var delivery in _deliveries)
            delivery.GiveUp(reason);
    }

    /// <summary>Those that are away lose what they are owed.</summary>
    public void GiveUpAway(DropReason reason)
    {
        foreach (var delivery in _deliveries)
        {
            if (delivery.IsAway && delivery.Owes)
                delivery.GiveUp(reason);
        }
    }

    /// <summary>One that retires or gave up, and whose connections are gone, is nobody's any more.</summary>
    public void RemoveSettled(ConnectionSet connections)
    {
        for (int i = _deliveries.Count - 1; i >= 0; i--)
        {
            var delivery = _deliveries[i];
            if (!delivery.IsRetiring || !delivery.IsSettled || connections.HasAny(delivery))
                continue;
            delivery.Leave();
            _deliveries.RemoveAt(i);
        }
    }

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
        foreach (var delivery in _deliveries)
        {
            if (delivery.Lag >= max && !delivery.IsAway)
                delivery.Hold(now, SomebodyHasRoom(max), SomebodyGoesOn(now, max));
        }

        room = max;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsAway)
                room = Math.Min(room, max - delivery.Lag);
        }

        return room;
    }

    /// <summary>Whether a connected server, besides, is taking what it has room for: one that gains when another is ejected.</summary>
    private bool SomebodyGoesOn(long now, long backlogMax)
    {
        foreach (var delivery in _deliveries)
        {
            if (delivery.Lag < backlogMax && delivery.TakesAt(now))
                return true;
        }

        return false;
    }

    /// <summary>Whether a connected server has room.</summary>
    private bool SomebodyHasRoom(long backlogMax)
    {
        foreach (var delivery in _deliveries)
        {
            if (delivery.Lag < backlogMax && delivery.Connection is { IsOpen: true })
                return true;
        }

        return false;
    }
}
