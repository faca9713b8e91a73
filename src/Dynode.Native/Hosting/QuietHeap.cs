using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>
/// Gives back to the system what a busy time has left in the managed heap, once it is quiet: the collector itself comes only when
/// something is allocated, and a broadcaster at rest allocates nothing. What the pages' pool lets go of comes later than the quiet,
/// and is looked for too. The process's heap is the host's affair, not the data plane's, of which there may be many in one process.
/// </summary>
internal sealed partial class QuietHeap : IDisposable
{
    /// <summary>How often it looks; in between nothing may have come.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>It stops all threads for some milliseconds: seldom, and when nobody has sent anything for a while.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Quiet for so long, it does so once more: what the data plane keeps for traffic it has let go of by then.</summary>
    public static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(20);

    /// <summary>So many bytes allocated since, as by clients that have come or gone, or seven hundred scrapes, are worth it sooner.</summary>
    public const long MuchBytes = 1 << 20;

    private readonly Func<long> _received;
    private readonly Func<long> _allocated;
    private readonly Func<long> _held;
    private readonly Action _collect;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _seen;
    private long _collected;
    private long _allocatedBefore;
    private long _heldMost;
    private long? _collectedAt;
    private TimeSpan _quiet;

    /// <param name="received">Bytes that have ever come.</param>
    /// <param name="allocated">Bytes that were ever allocated.</param>
    /// <param name="held">Bytes that the pages' pool holds now; what it held before is the collector's to give back.</param>
    /// <param name="collect">Gives memory back: <see cref="Collect"/>.</param>
    /// <param name="time">The clock.</param>
    public QuietHeap(Func<long> received, Func<long> allocated, Func<long> held, Action collect, TimeProvider time)
    {
        (_received, _allocated, _held, _collect, _time) = (received, allocated, held, collect, time);
        _timer = time.CreateTimer(static state => ((QuietHeap)state!).Check(), this, Look, Look);
    }

    /// <summary>All that the collector can give back, at once, what the C library has kept, and what all that has touched of the binary.</summary>
    public static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = Trim(0);
        FilePages.GiveBack();
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        long received = _received();
        _quiet = received == _seen ? _quiet + Look : TimeSpan.Zero;
        _seen = received;
        _heldMost = Math.Max(_heldMost, _held());
        if (_quiet == TimeSpan.Zero || !IsWorthIt(received))
            return;
        _collect();
        _collected = received;
        _collectedAt = _time.GetTimestamp();
        _allocatedBefore = _allocated();
        _heldMost = _held();
    }

    private bool IsWorthIt(long received)
    {
        long letGo = _heldMost - _held();
        if (_allocated() - _allocatedBefore >= MuchBytes || letGo >= MuchBytes)
            return true;
        if (_quiet == Afterwards && received > 0)
            return true;
        return (received != _collected || letGo > 0) && (_collectedAt is not { } last || _time.GetElapsedTime(last) >= Interval);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
