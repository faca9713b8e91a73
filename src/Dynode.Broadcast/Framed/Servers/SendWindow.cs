using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What one server connection may be sent now: from where the kernel has taken everything up to the log's end, or to a place where
/// it must wait for a reply first. Of meaning while the connection is open. In turns only.
/// </summary>
internal sealed class SendWindow(FramedDelivery delivery)
{
    private LogScan _send;
    private LogScan _fence;
    private Selection _selection = new(0, null);
    private long _selectEnd;
    private long _sentEver;

    /// <summary>Up to where the kernel took requests.</summary>
    public long Position => _send.Position;

    /// <summary>The same, with the number of what comes next: where it moved by whole requests.</summary>
    public LogScan Scan => _send;

    /// <summary>It is of another log from now on, of which nothing was ever sent.</summary>
    public void Begin() => _sentEver = 0;

    /// <summary>A new connection begins.</summary>
    /// <param name="start">With the oldest request that is not acknowledged.</param>
    /// <param name="selection">What is known of its database.</param>
    public void Open(LogScan start, Selection selection)
    {
        _send = start;
        _fence = start;
        _selection = selection;
        _selectEnd = start.Position;
    }

    /// <summary>Goes on behind what is not sent at all; nothing is in flight.</summary>
    public void Pass(LogScan behind) => _send = behind;

    /// <summary>Up to where the request that has been sent in part, if there is one, is whole.</summary>
    public long WholeEnd => delivery.Log.Log.BoundaryAt(delivery.Cursor, _send.Position);

    /// <summary>The contiguous bytes that come next, limit or not.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> bytes, out Page page) => _send.TryRead(delivery.Log.Log, delivery.Cursor, out bytes, out page);

    /// <summary>
    /// The kernel took so many of them. Those that it had taken on an earlier connection are counted now, not when they are about to be
    /// sent: a connection may end before, or carry one at a time.
    /// </summary>
    public void Skip(int count)
    {
        long from = _send.Position;
        _send.Skip(count);
        long to = Math.Min(_send.Position, _sentEver);
        if (from < to)
            delivery.Backend.Report.Repeated(null, delivery.Log.Log.NumberAt(delivery.Cursor, to) - delivery.Log.Log.NumberAt(delivery.Cursor, from), to - from);
        _sentEver = Math.Max(_sentEver, _send.Position);
    }

    /// <summary>What must follow so that the last request is whole; null: it is.</summary>
    /// <param name="pending">Bytes that the kernel will still take.</param>
    public RequestRest? Rest(int pending)
    {
        var scan = _send;
        scan.Skip(pending);
        long end = delivery.Log.Log.BoundaryAt(delivery.Cursor, scan.Position);
        return end == scan.Position ? null : new RequestRest(delivery.Log.Log, delivery.Cursor, scan, end);
    }

    /// <summary>Up to where may be sent now.</summary>
    /// <param name="end">Where the log ends for this server.</param>
    /// <param name="matcher">Of the connection.</param>
    /// <param name="isAlone">Only the request that it matches next, for it may be poison.</param>
    /// <param name="isInDoubt">Whether the server has done what it was sent.</param>
    public long Limit(long end, ReplyMatcher matcher, bool isAlone, bool isInDoubt)
    {
        if (isInDoubt || matcher.Fault is not null)
            return WholeEnd;
        if (matcher.IsRefusing)
            return Math.Max(WholeEnd, Math.Min(matcher.RefusingEnd, end));
        if (isAlone)
            return matcher.TryPeek(out var entry) ? Math.Min(entry.End, end) : delivery.Cursor.Position;
        return delivery.Log.HasSelects ? Fenced(end) : end;
    }

    private long Fenced(long end)
    {
        // Nothing follows the selection of a database before the server has once shown that it has it, or where it is in it all the time.
        if (_fence.Position < delivery.Cursor.Position)
            _fence = LogScan.At(delivery.Log.Log, delivery.Cursor);
        while (_fence.Position < end && _fence.TryPeek(delivery.Log.Log, delivery.Cursor, out var entry))
        {
            var tag = new RequestTag(entry.Tag);
            if (tag.Kind == RequestKind.Select && !_selection.MayFollow(tag.Named, _selectEnd <= delivery.Cursor.Position))
                return Math.Min(entry.End, end);
            if (tag.Kind is RequestKind.Select or RequestKind.ClientSelect)
                _selectEnd = entry.End;
            _fence.Pass(entry);
        }

        return end;
    }
}
