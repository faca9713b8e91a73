using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast;

/// <summary>
/// Gives back to the system what a busy time has left in the managed heap, once it is quiet: the collector itself comes only when
/// something is allocated, and a broadcaster at rest allocates nothing. Called by the housekeeping alone.
/// </summary>
internal sealed class Rest(TrafficCounters traffic, Clock clock)
{
    /// <summary>It stops all threads for some milliseconds: seldom, and when nobody has sent anything for a while.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _received;
    private long _collected;
    private long _notBefore;

    /// <summary>Looks whether anything has come since the last look.</summary>
    public void Look()
    {
        long received = traffic.ReceivedBytes;
        bool isQuiet = received == _received;
        _received = received;
        if (!isQuiet || received == _collected || clock.Now < _notBefore)
            return;
        _collected = received;
        _notBefore = clock.Now + Interval.Ticks;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
