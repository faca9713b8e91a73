using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Where one delivery stands in its session's log: what it is still owed, up to where, and what passes it by.
/// <code>
///   ░░░░░░░░│▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓│               not set: all that comes is owed
///      sent ▲ cursor           ▲ tail
///   ░░░░░░░░│▓▓▓▓▓▓▓▓▓▓│                       set, once its server was removed
///                      ▲ end
/// </code>
/// What it loses it reports. It knows neither connection nor time. Owned by its delivery, for the session's turns.
/// </summary>
internal struct LogPlace(FanOutLog log, BackendReport report)
{
    private LogCursor? _cursor;
    private long _end = Clock.Never;
    private MissedCount _missed;
    private long _told;

    /// <summary>It has a cursor: what comes can be owed.</summary>
    public readonly bool IsTaken => _cursor is not null;

    /// <summary>Its end was set.</summary>
    public readonly bool HasEnd => _end != Clock.Never;

    /// <summary>Bytes are there that were not sent.</summary>
    public readonly bool Owes => _cursor is { } cursor && cursor.Position < End;

    /// <summary>How far behind the tail it is, in bytes.</summary>
    public readonly long Lag => _cursor is { } cursor ? log.Tail - cursor.Position : 0;

    /// <summary>What has come is passing it by, and counted.</summary>
    public readonly bool Misses => _missed.IsOn;

    private readonly long End => Math.Min(_end, log.Tail);

    private readonly long OwedBytes => _cursor is { } cursor ? Math.Max(0, End - cursor.Position) : 0;

    /// <summary>Its backend's count of what all sessions owe it holds what is owed here now.</summary>
    public void TellOwed()
    {
        long owed = OwedBytes;
        if (owed == _told)
            return;
        report.Owes(owed - _told);
        _told = owed;
    }

    /// <summary>At the log's first byte every server may begin; later it has missed how the burst, and the session, began.</summary>
    /// <returns>True: it begins with the session.</returns>
    public bool Join()
    {
        bool isFirst = log.Tail == 0;
        _cursor = log.Join(awaitBoundary: !isFirst);
        return isFirst;
    }

    /// <summary>Nothing will be owed any more.</summary>
    public void Leave()
    {
        if (_cursor is { } cursor)
            log.Leave(cursor);
        _cursor = null;
        TellOwed();
    }

    /// <summary>The first bytes on a connection begin where a server that knows nothing of the ones before can begin.</summary>
    /// <param name="client">Whose bytes they are.</param>
    /// <returns>False: nowhere yet.</returns>
    public readonly bool TryBegin(EndPoint? client)
    {
        var resume = log.Resume(_cursor!);
        report.Dropped(DropReason.MidRequest, resume.Dropped);
        if (resume.RepeatedBytes > 0)
            report.Repeated(client, 1, resume.RepeatedBytes);
        return resume.Ready;
    }

    /// <summary>The next contiguous bytes that are owed.</summary>
    public readonly bool TryRead(out ReadOnlyMemory<byte> bytes, out Page page)
    {
        if (!FanOutLog.TryRead(_cursor!, out bytes, out page))
            return false;
        bytes = bytes[..(int)Math.Min(bytes.Length, End - _cursor!.Position)];
        return true;
    }

    /// <summary>So many were sent.</summary>
    public readonly void Advance(int bytes) => log.Advance(_cursor!, bytes);

    /// <summary>How far behind the tail the end of the oldest page is that it holds, in bytes.</summary>
    public readonly long PageLag => _cursor is { } cursor ? log.Tail - cursor.PageEnd : 0;

    /// <summary>Loses the oldest burst.</summary>
    public readonly void LoseOldest(DropReason reason) => report.Dropped(reason, DropOldest());

    /// <summary>Loses all that is owed, and gets nothing more.</summary>
    public void GiveUp(DropReason reason)
    {
        LogDrop all = default;
        while (Owes)
            all += DropOldest();
        report.Dropped(reason, all);
        Leave();
    }

    /// <summary>It is owed what the log holds now, and no more.</summary>
    public void SetEnd() => _end = log.Tail;

    /// <summary>All that comes is owed again; what came meanwhile was not for it.</summary>
    public void ClearEnd()
    {
        _end = Clock.Never;
        _missed.From(log);
    }

    /// <summary>What comes passes it by from here on.</summary>
    public void BeginToMiss(DropReason reason) => _missed.Begin(reason, log);

    /// <summary>Counts what has passed it by since the last time; what comes behind the end of one that retires is nobody's loss.</summary>
    public void CountMissed()
    {
        if (!HasEnd)
            report.Dropped(_missed.Reason, _missed.Take(log));
    }

    /// <summary>What comes is nobody's loss any more.</summary>
    public void EndToMiss() => _missed = default;

    /// <summary>What lies behind the end of one that retires was never owed to it.</summary>
    private readonly LogDrop DropOldest()
    {
        long owed = End - _cursor!.Position;
        var dropped = log.DropOldest(_cursor);
        return dropped with { Bytes = Math.Min(dropped.Bytes, owed) };
    }
}
