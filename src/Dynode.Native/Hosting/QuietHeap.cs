using Dynode.Broadcast;

namespace Dynode.Native.Hosting;

/// <summary>
/// Gives back to the system what a busy time has left in the managed heap, once it is quiet: the collector itself comes only when
/// something is allocated, and a broadcaster at rest allocates nothing. The process's heap is the host's affair, not the data
/// plane's, of which there may be many in one process.
/// </summary>
internal sealed class QuietHeap : IDisposable
{
    /// <summary>How often it looks; in between nothing may have come.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>It stops all threads for some milliseconds: seldom, and when nobody has sent anything for a while.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Broadcaster _broadcaster;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _received;
    private long _collected;
    private long _collectedAt;

    public QuietHeap(Broadcaster broadcaster, TimeProvider time)
    {
        (_broadcaster, _time) = (broadcaster, time);
        _timer = time.CreateTimer(static state => ((QuietHeap)state!).Check(), this, Look, Look);
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        long received = _broadcaster.ReceivedBytes;
        bool isQuiet = received == _received;
        _received = received;
        if (!isQuiet || received == _collected || (_collectedAt != 0 && _time.GetElapsedTime(_collectedAt) < Interval))
            return;
        _collected = received;
        _collectedAt = _time.GetTimestamp();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
