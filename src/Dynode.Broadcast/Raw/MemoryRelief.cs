using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Sees to it that whoever waits for a page gets one in the end, should none come back by itself: as long as somebody waits,
/// every tenth of a second those who wait try again; and where backlogs have spent their share, the oldest lingering session
/// goes, or servers that are away lose their oldest bursts. Any thread.
/// </summary>
internal sealed class MemoryRelief : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    /// <summary>Who is told in one go: a turn each, for what may be nothing.</summary>
    private const int WokenMax = 256;

    private readonly DataPlane _plane;
    private readonly Action _freeMemory;
    private readonly RateLimit _line;
    private readonly ITimer _timer;
    private int _armed;

    /// <param name="plane">Of the pool.</param>
    /// <param name="freeMemory">Has the backlogs cut.</param>
    public MemoryRelief(DataPlane plane, Action freeMemory)
    {
        (_plane, _freeMemory) = (plane, freeMemory);
        _line = new RateLimit(plane.Clock, TimeSpan.FromSeconds(5));
        _timer = plane.Clock.Time.CreateTimer(static state => ((MemoryRelief)state!).Relieve(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A page. Where there is none the waiter has a turn when pages come back.</summary>
    public bool TryRent(PageSize size, MemoryShare share, SessionTurns waiter, [NotNullWhen(true)] out Page? page)
    {
        if (_plane.Pool.TryRent(size, share, out page))
            return true;
        Await(waiter);
        return _plane.Pool.TryRent(size, share, out page);
    }

    /// <summary>Gives the waiter a turn when pages come back; one may have come back before, so try once more.</summary>
    public void Await(SessionTurns waiter)
    {
        if (!waiter.TryAwaitPages())
            return;
        _plane.Pool.Await(waiter);
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void Relieve()
    {
        if (!_plane.Pool.HasWaiters)
        {
            Volatile.Write(ref _armed, 0);

            // One who came between the two would find it armed, and nobody coming.
            if (!_plane.Pool.HasWaiters || Interlocked.Exchange(ref _armed, 1) == 1)
                return;
        }

        _plane.Pool.WakeWaiters(WokenMax);
        if (BacklogIsSpent())
        {
            if (_line.TryPass())
                _plane.Logger.MemorySpent(_plane.Pool.Snapshot().OutstandingBytes);
            _freeMemory();
        }

        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Found by trying: those who wait may do so for replies, and no backlog that is dropped would help them.</summary>
    private bool BacklogIsSpent()
    {
        if (!_plane.Pool.TryRent(PageSize.Large, MemoryShare.Backlog, out var page))
            return true;
        page.Release();
        return false;
    }
}
