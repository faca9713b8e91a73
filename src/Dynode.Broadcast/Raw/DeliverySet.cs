using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One session's deliveries, in the order of the backend set, those that retire last: which servers they are for, and what they lose.
/// Owned by its session's turns.
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
        {
            delivery.Pump(now);
            delivery.TellOwed();
        }
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

    /// <summary>What would come free if those that are away lost all that they are owed: bytes that nobody else holds.</summary>
    /// <param name="tailIsLent">The kernel has the log's last page, whatever is dropped.</param>
    public long FreeableBytes(bool tailIsLent)
    {
        var (away, others) = Farthest();
        return away is null || away.PageLag < others || (tailIsLent && away.PageLag == 0) ? 0 : away.Lag - others;
    }

    /// <summary>Memory is short: those that are away lose what the oldest page holds for them.</summary>
    /// <inheritdoc cref="FreeableBytes"/>
    public void FreePage(DropReason reason, bool tailIsLent)
    {
        if (FreeableBytes(tailIsLent) == 0)
            return;
        long lagMax = Farthest().Away!.PageLag;
        foreach (var delivery in _deliveries)
        {
            if (delivery.IsAway)
                delivery.LoseOldest(reason, lagMax);
        }
    }

    /// <summary>All lose what they are owed.</summary>
    public void GiveUp(DropReason reason)
    {
        foreach (var delivery in _deliveries)
            delivery.GiveUp(reason);
    }

    /// <summary>Those that are away lose what they are owed, and so do those whose names are still looked up.</summary>
    public void GiveUpAway(DropReason reason)
    {
        foreach (var delivery in _deliveries)
        {
            if (delivery.Owes && (delivery.IsAway || (delivery.Connection is null && delivery.Backend.Name.IsUnknown)))
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

    /// <summary>Who is farthest behind of those that are away, and by how much at most the others are.</summary>
    private (Delivery? Away, long Others) Farthest()
    {
        Delivery? away = null;
        long others = 0;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsAway || delivery.Connection is { SendPending: true })
                others = Math.Max(others, delivery.Lag);
            else if (delivery.Owes && delivery.Lag > (away?.Lag ?? 0))
                away = delivery;
        }

        return (away, others);
    }
}
