using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// How a server leaves the log before it has had all of it, and what is known of that afterwards: whoever goes on from here must know what it
/// has missed. In turns only.
/// </summary>
internal sealed class Departure(FramedDelivery delivery, Carrier carrier, ServerParts parts)
{
    private long _left = -1;
    private ServerLeft? _standing;

    /// <summary>It has missed something, by what is known here or by what it says itself.</summary>
    public bool HasGap => delivery.Standing.Closing.HasGap;

    /// <summary>What another broadcaster must bring to its end; null: nothing.</summary>
    public HandedConnection? Handed => carrier.Handed;

    /// <summary>It gets nothing more; what it was owed is counted.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="atOnce">Nor is the end of a connection waited for that has got our FIN.</param>
    public void GiveUp(DropReason reason, bool atOnce = false)
    {
        if (atOnce)
            carrier.CloseEnding();
        if (!delivery.IsInLog)
            return;
        carrier.Abandon();
        NoteStanding();
        var log = delivery.Log.Log;
        var cursor = delivery.Cursor;
        long first = log.NumberAt(cursor, cursor.Position);
        LogDrop all = default;
        while (cursor.Position < delivery.End)
            all += log.DropOldest(cursor);

        // What it stands before is in the stream, and whoever delivers to it next goes on there.
        if (parts.CatchUp is null)
        {
            delivery.Backend.Report.Dropped(reason, all);
            if (reason == DropReason.Shutdown && all.Bytes > 0)
                delivery.Standing.Missed(reason, first);
        }

        delivery.Leave();
    }

    /// <summary>Another broadcaster has it: what its kernel still holds of ours goes nowhere.</summary>
    public void GiveUpToAnother()
    {
        if (delivery.Connection is { } connection)
            connection.Sender.DropAll();
        GiveUp(DropReason.Retired);
    }

    /// <summary>Drops its oldest requests until no more than <paramref name="lagMax"/> bytes are left.</summary>
    public void DropOldest(DropReason reason, long lagMax)
    {
        if (!delivery.IsInLog || delivery.Lag <= lagMax || delivery.Connection is { IsClosed: false, Matcher: not null })
            return;
        var log = delivery.Log.Log;
        var cursor = delivery.Cursor;
        long first = log.NumberAt(cursor, cursor.Position);
        LogDrop all = default;
        while (delivery.Lag > lagMax && cursor.Position < delivery.End)
        {
            delivery.Once?.Dropping();
            all += log.DropOldest(cursor);
        }

        delivery.Standing.Missed(reason, first);
        delivery.Backend.Report.Dropped(reason, all);
        if (delivery.IsRetiring)
            GiveUp(reason);
    }

    /// <summary>
    /// Another broadcaster goes on from here, now: what its kernel has of ours goes over to it as it is. What is not acknowledged may be done or
    /// not, so it is a gap.
    /// </summary>
    public void HandOver()
    {
        carrier.Detach();
        GiveUp(DropReason.Shutdown);
    }

    /// <summary>It has left the log.</summary>
    public void Left()
    {
        NoteStanding();
        _left = parts.Log.Next;
    }

    /// <summary>How far it had come when it left the log; null: it has not, or that has been asked for.</summary>
    public ServerLeft? TakeLeft()
    {
        if (delivery.IsInLog || _standing is not { } left)
            return null;
        _standing = null;
        return left;
    }

    // Before what it will not get is dropped: another may send it that.
    private void NoteStanding()
    {
        // What goes on elsewhere, and is not there yet, stands where it is said to stand beside the stream.
        if (_standing is not null || delivery.GoesOnAt is not null || delivery.Once?.Mark.Kept is not null)
            return;
        if (delivery.CatchUp is not { } own)
            _standing = new ServerLeft(delivery.NumberDone, null, HasGap, delivery.Once?.Mark.BegunRun ?? "");
        else if (own.TryPlace(out ulong number, out var table) && number > 0)
            _standing = new ServerLeft(-1, new PlaceBehind(number, 0, table), HasGap, delivery.Once?.Mark.BegunRun ?? "");
    }

    /// <summary>The log has ended: who left it before has missed what came since.</summary>
    public void LogHasEnded()
    {
        if (_left >= 0 && _left < parts.Log.Next && !delivery.IsRetiring && parts.CatchUp is null)
            delivery.Standing.Missed(DropReason.Shutdown, _left);
    }
}
