using Dynode.Broadcast.Backends;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>What comes to a log while one delivery gets nothing of it any more. Owned by the delivery.</summary>
internal struct MissedCount
{
    private long _bytes;
    private long _requests;

    /// <summary>It gets nothing any more.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Why.</summary>
    public DropReason Reason { get; private set; }

    public void Begin(DropReason reason, FanOutLog log)
    {
        IsOn = true;
        Reason = reason;
        From(log);
    }

    /// <summary>What has come until now is not counted.</summary>
    public void From(FanOutLog log)
    {
        _bytes = log.Tail;
        _requests = log.Boundaries;
    }

    /// <summary>What has come since the last time; nothing while it is not on.</summary>
    public LogDrop Take(FanOutLog log)
    {
        if (!IsOn)
            return default;
        var missed = new LogDrop(log.Tail - _bytes, log.Boundaries - _requests);
        From(log);
        return missed;
    }
}
