using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Sees to it that whoever waits for a page gets one. Where backlogs have spent their share for longer than a moment:
/// <code>
///   servers that are away hold pages       the oldest lingering session goes, or they lose their oldest bursts: so many pages as are waited for
///   only connected servers still do        their hold budgets run (<see cref="Hold"/>), until they go on, or are ejected and so away
/// </code>
/// Looked at every tenth of a second as long as somebody waits, and once memory is known to be spent, whenever one more does. Any thread.
/// </summary>
internal sealed class MemoryRelief : IThreadPoolWorkItem, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);

    private readonly DataPlane _plane;
    private readonly IMemoryHolders _holders;
    private readonly RateLimit _line;
    private readonly ITimer _timer;
    private MemoryHold? _hold;
    private long _stoodBefore;
    private long _stoodNow;
    private int _armed;
    private int _asked;
    private int _moreToFree;
    private bool _isSpent;

    /// <param name="plane">Of the pool.</param>
    /// <param name="holders">Who have pages to give back.</param>
    public MemoryRelief(DataPlane plane, IMemoryHolders holders)
    {
        (_plane, _holders) = (plane, holders);
        _line = new RateLimit(plane.Clock, TimeSpan.FromSeconds(5));
        _timer = plane.Clock.Time.CreateTimer(static state => ((MemoryRelief)state!).Relieve(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Clients wait for memory, and nobody who is away holds any: who is connected and behind pays for it. Null: not now.</summary>
    public MemoryHold? Hold => Volatile.Read(ref _hold);

    /// <summary>A page, in turn. Where there is none who asks stands in the queue, and is told when it is the first and pages come back.</summary>
    public bool TryRent(PageSize size, PageWait wait, bool stands, [NotNullWhen(true)] out Page? page)
    {
        if (_plane.Pool.TryRent(size, wait, stands, out page))
            return true;
        Stood(wait);
        return false;
    }

    /// <summary>Somebody found no page, and may stand in the queue.</summary>
    public void Stood(PageWait wait)
    {
        if (!wait.Stands)
            return;
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            Arm();
        else if (wait.Share == MemoryShare.Backlog && Volatile.Read(ref _isSpent))
            TryBegin();
    }

    /// <summary>It wants no page any more.</summary>
    public void Leave(PageWait wait) => _plane.Pool.Leave(wait);

    /// <summary>A session has pages that only servers hold which are away: it had none before.</summary>
    public void MoreToFree()
    {
        if (!Volatile.Read(ref _isSpent))
            return;
        Volatile.Write(ref _moreToFree, 1);
        TryBegin();
    }

    /// <summary>A session is asked for memory: it says when it has obeyed.</summary>
    public void Asks()
    {
        Volatile.Write(ref _moreToFree, 1);
        Interlocked.Increment(ref _asked);
    }

    /// <summary>A session has given back what it was asked for.</summary>
    public void Obeyed()
    {
        // The last of all: who stands may want more than these have given.
        if (Interlocked.Decrement(ref _asked) == 0 && Interlocked.Exchange(ref _moreToFree, 0) == 1 && Wanted() > 0)
            TryBegin();
    }

    /// <inheritdoc/>
    public void Execute() => Free(Wanted(), orStalled: false);

    public void Dispose() => _timer.Dispose();

    private void Arm()
    {
        (_stoodBefore, _stoodNow) = (_plane.Pool.Stood, _plane.Pool.Stood);
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One round at a time: it ends when all have obeyed.</summary>
    private void TryBegin()
    {
        if (Interlocked.CompareExchange(ref _asked, 1, 0) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Relieve()
    {
        var pool = _plane.Pool;
        (_stoodBefore, _stoodNow) = (_stoodNow, pool.Stood);
        if (!pool.HasWaiters)
        {
            Volatile.Write(ref _isSpent, false);
            EndHold();
            Volatile.Write(ref _armed, 0);

            // One who came between the two would find it armed, and nobody coming.
            if (!pool.HasWaiters || Interlocked.Exchange(ref _armed, 1) == 1)
                return;
        }

        // For a bound that was raised: nothing comes back then.
        pool.TellWaiters();
        bool isSpent = IsBacklogSpent();
        Volatile.Write(ref _isSpent, isSpent);
        if (isSpent)
        {
            if (_line.TryPass())
                _plane.Logger.MemorySpent(pool.Snapshot().OutstandingBytes);
            if (pool.StandsSince(MemoryShare.Backlog, _stoodBefore))
                BeginHold();

            // Whoever was asked and has not obeyed since is not waited for.
            Volatile.Write(ref _asked, 1);
            Free(Math.Max(1, pool.Standing(MemoryShare.Backlog)), orStalled: true);
        }

        if (_stoodBefore == _stoodNow && pool.Standing(MemoryShare.Backlog) == 0)
            EndHold();
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The first in the queue has waited for a whole interval: nobody who is away had a page for it.</summary>
    private void BeginHold()
    {
        if (_hold is not null)
            return;
        Volatile.Write(ref _hold, new MemoryHold());
        _holders.LookAtMemory();
    }

    private void EndHold()
    {
        _hold?.End(_plane.Clock.Now);
        Volatile.Write(ref _hold, null);
    }

    private void Free(int pages, bool orStalled)
    {
        if (pages > 0)
            _holders.Free(pages, orStalled);
        Obeyed();
    }

    /// <summary>Pages that are waited for and not there.</summary>
    private int Wanted()
    {
        var pool = _plane.Pool;
        long free = (pool.ShareBytesMax(MemoryShare.Backlog) - pool.LentBytes(MemoryShare.Backlog)) / PagePool.LargePageBytes;
        return (int)Math.Max(0, pool.Standing(MemoryShare.Backlog) - free);
    }

    /// <summary>Found by trying where nobody stands for it: those who wait may do so for replies, and no backlog that is dropped would help them.</summary>
    private bool IsBacklogSpent()
    {
        if (_plane.Pool.Standing(MemoryShare.Backlog) > 0)
            return true;
        if (!_plane.Pool.TryRent(PageSize.Large, MemoryShare.Backlog, out var page))
            return true;
        page.Release();
        return false;
    }
}
