using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// How much more the shared log may take, who holds it so, and who loses what when it may not:
/// <code>
///   ──┬─────────┬───────────────────────┬─────────▶ the log
///     │ away,   │ the slowest that       │ current
///     │ ejected │ clients wait for       │
///     └ loses   └ holds them, and pays   └ goes on once neither holds the oldest pages
/// </code>
/// The log is full by <c>backlog_bytes</c>, or by its share of the memory. Where a stream orders it nobody loses anything: it reads the stream by itself. In turns only.
/// </summary>
internal sealed class LogRoom(ServerParts parts, List<FramedDelivery> all)
{
    private long _floor;

    private long BacklogBytesMax => parts.Plane.Settings.BacklogBytesMax;

    /// <summary>Where the slowest stands of those that clients wait for.</summary>
    private long Floor
    {
        get
        {
            long floor = parts.Log.Log.Tail;
            foreach (var delivery in all)
            {
                if (Holds(delivery))
                    floor = Math.Min(floor, delivery.Cursor.Position);
            }

            return floor;
        }
    }

    /// <inheritdoc cref="Sequence.IServers.HasRoom"/>
    public bool Has(long length)
    {
        long limit = parts.Log.Log.Tail + length - BacklogBytesMax;
        if (limit <= _floor)
            return true;

        // Within a turn cursors only go forward, so below what was found there is room.
        _floor = Floor;
        return limit <= _floor;
    }

    /// <inheritdoc cref="Sequence.IServers.Hold"/>
    public void Hold(long now, bool forMemory)
    {
        long full = forMemory ? parts.Log.Log.Tail - Floor : BacklogBytesMax;
        bool isFull = forMemory || !Has(1 + (full / 4));
        foreach (var delivery in all)
        {
            if (isFull && Holds(delivery) && !delivery.IsPaused && IsFull(delivery, full))
                delivery.Standing.Hold(now, SomebodyGoesOn(now, full));
            else
                delivery.Standing.HoldsNobody(now);
        }
    }

    /// <inheritdoc cref="Sequence.IServers.HoldNobody"/>
    public void HoldNobody(long now)
    {
        foreach (var delivery in all)
            delivery.Standing.HoldsNobody(now);
    }

    /// <inheritdoc cref="Sequence.IServers.FreeMemory"/>
    public void FreeMemory()
    {
        parts.CatchUp?.FreeMemory();
        FramedDelivery? farthest = null;
        foreach (var delivery in all)
        {
            if (IsInShared(delivery) && !Holds(delivery) && delivery.Lag > 0 && (farthest is null || delivery.Cursor.Position < farthest.Cursor.Position))
                farthest = delivery;
        }

        // Who is not farther behind than all that clients wait for holds no page that those do not.
        long end = farthest?.Cursor.PageEnd ?? 0;
        if (farthest is null || end > Floor)
            return;
        foreach (var delivery in all)
        {
            if (IsInShared(delivery) && !Holds(delivery) && delivery.Cursor.Position < end)
                LoseForMemory(delivery, end - delivery.Cursor.Position);
        }
    }

    /// <summary>After what was read in a turn: who holds nobody loses what does not fit.</summary>
    public void Settle(long now)
    {
        _floor = 0;
        foreach (var delivery in all)
            Overflow(delivery, now);
    }

    private static bool Holds(FramedDelivery delivery) =>
        IsInShared(delivery) && !delivery.IsAway && !delivery.IsRetiring && !delivery.Standing.IsEjected;

    private static bool IsInShared(FramedDelivery delivery) => delivery is { IsInLog: true, CatchUp: null };

    private static bool IsFull(FramedDelivery delivery, long full) => delivery.Lag > full / 4 * 3;

    /// <summary>Whether a server that has room takes what it is sent: one that gains when another is ejected.</summary>
    private bool SomebodyGoesOn(long now, long full)
    {
        foreach (var delivery in all)
        {
            if (Holds(delivery) && !IsFull(delivery, full) && delivery.Standing.TakesAt(now))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Who holds nobody loses what does not fit. One that is ejected loses half of what it is behind, so that this is seldom: a connection
    /// of it ends for that, and one that began with a full backlog would at the next request.
    /// </summary>
    private void Overflow(FramedDelivery delivery, long now)
    {
        if (!IsInShared(delivery) || delivery.Lag <= BacklogBytesMax || Holds(delivery))
            return;
        if (parts.CatchUp?.TryLeaveLog(delivery, parts.Plane.Clock.Now) == true)
            return;
        var reason = delivery.IsRetiring ? DropReason.Retired : delivery.Standing.IsEjected ? DropReason.Ejected : DropReason.Backlog;
        delivery.EndConnection(now, "fell behind by more than the backlog");
        delivery.Departure.DropOldest(reason, reason == DropReason.Ejected ? BacklogBytesMax / 2 : BacklogBytesMax);
    }

    /// <summary>One that is ejected loses half of what it is behind, as where it overflows; also while it is away, or its next connection would end at once.</summary>
    /// <param name="delivery">Whose.</param>
    /// <param name="least">To be lost, in bytes.</param>
    private void LoseForMemory(FramedDelivery delivery, long least)
    {
        if (parts.CatchUp?.TryLeaveLog(delivery, parts.Plane.Clock.Now) == true)
            return;
        if (delivery.Standing.IsEjected)
            least = Math.Max(least, delivery.Lag / 2);
        delivery.EndConnection(parts.Plane.Clock.Now, "memory is short and it is far behind");
        delivery.Departure.DropOldest(DropReason.Memory, Math.Max(0, delivery.Lag - least));
    }
}
