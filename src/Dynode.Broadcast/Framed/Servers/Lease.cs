using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What one server may be sent by this broadcaster's claim to it:
/// <code>
///   renewed ──a lease passes──▶ overdue: nothing of the stream, and no new connection ──log_timeout passes──▶ over: it answers nobody
///      ▲                          │ local reads go on where nothing is held back before them                    │
///      └──────── renewed ─────────┴─────────────────────────────────────────────────────────────────────────────┘   another has it: it leaves
/// </code>
/// What is held back stays owed. For servers that neither say how far they have come nor note who delivers to them this is the only fence: it is looked at in front of each send. In turns only.
/// </summary>
internal sealed class Lease(FramedDelivery delivery, ServerParts parts, IClaimed? claimed)
{
    private bool _saidOverdue;
    private bool _wasOver;

    /// <summary>It was not renewed in time: others may have the server by now.</summary>
    public bool IsOverdue => claimed is not null && claimed.Overdue > TimeSpan.Zero;

    /// <summary>It was not for so long that what the server says may be old.</summary>
    public bool IsOver => claimed is not null && claimed.Overdue is var overdue && overdue > TimeSpan.Zero && overdue >= parts.Plane.Settings.PlaceTimeout;

    /// <summary>What a new connection asks about who delivers; null: nothing.</summary>
    public OwnerBegin? NewBegin() =>
        claimed is null || delivery.Once is not null || parts.Protocol.Owners is null || !parts.Plane.Settings.FencesOwners ? null : new(delivery, parts, claimed);

    /// <summary>Up to where it may be sent the log now, which ends at <paramref name="end"/> for it.</summary>
    public long Limit(long end) => IsOverdue ? OverdueLimit(end) : end;

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        bool isOverdue = IsOverdue;
        if (isOverdue != _saidOverdue)
            Say(isOverdue);
        bool isOver = isOverdue && IsOver;
        if (isOver && !_wasOver)
            delivery.Standing.FallBehind(now);
        _wasOver = isOver;
        if (!isOverdue || delivery is not { IsOpen: true, IsRetiring: false })
            return;
        if (isOver)
            parts.Voting.Withdrew(delivery.Voter, delivery.Connection!.Matcher!.Number);
        else if (Limit(delivery.End) < delivery.End)
            delivery.Withdraw();
    }

    private long OverdueLimit(long end)
    {
        long sent = delivery.SentPosition;
        var log = delivery.Log.Log;
        for (var scan = LogScan.At(log, delivery.Cursor); scan.TryPeek(log, delivery.Cursor, out var entry); scan.Pass(entry))
        {
            // Nor the rest of one that was sent in part.
            if (entry.End > sent && new RequestTag(entry.Tag).IsOfStream)
                return Math.Min(end, Math.Max(entry.Start, sent));
        }

        return end;
    }

    private void Say(bool isOverdue)
    {
        _saidOverdue = isOverdue;
        if (isOverdue)
            parts.Plane.Logger.LeaseOverdue(delivery.Backend.Address);
        else
            parts.Plane.Logger.LeaseRenewed(delivery.Backend.Address);
        delivery.Standing.Reelect();
    }
}
