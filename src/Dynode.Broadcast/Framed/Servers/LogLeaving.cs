using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Has all servers leave the log of all, where the stream that orders it is not to be had behind its end: each gets first what the log holds for it, if it takes that in time, and goes on by itself
/// from where it stands then. In turns only.
/// </summary>
internal sealed class LogLeaving(ServerParts parts, List<FramedDelivery> all)
{
    private long _end;
    private long _since = Clock.Never;

    /// <summary>Those that have all, or cannot have it, leave it now; nobody who stands before its end comes back to it.</summary>
    /// <returns>False: some are in it still.</returns>
    public bool TryEmpty(long now)
    {
        // What is of no stream comes into it still, and is not waited for.
        if (_since == Clock.Never)
            (_end, _since) = (parts.Log.Log.Tail, now);
        parts.CatchUp!.FreeMemory();
        bool isEmpty = true;
        foreach (var delivery in all)
        {
            if (delivery is { IsInLog: true, CatchUp: null })
                isEmpty &= MayLeave(delivery, now) && parts.CatchUp.TryLeaveLog(delivery, now, must: true);
        }

        return isEmpty;
    }

    /// <summary>The log goes on.</summary>
    public void GoesOn() => _since = Clock.Never;

    private bool MayLeave(FramedDelivery delivery, long now) => delivery.IsAway || delivery.Cursor.Position >= _end || now - _since >= parts.Plane.Settings.PlaceTimeout.Ticks;
}
