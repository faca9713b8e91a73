using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Dynode.Log;

/// <summary>Somebody who found no page and waits for one.</summary>
public interface IPageWaiter
{
    /// <summary>Pages came free; try again. Called outside the pool's lock, on the thread that freed them: only note it and return.</summary>
    void PagesFreed();
}

/// <summary>
/// The bounded free list that all pages come from and go back to: the one place where the memory of clients' bytes is
/// counted. It rents slabs from an <see cref="ArrayPool{T}"/> as they are needed and gives back those that stay free;
/// <c>ArrayPool.Shared</c> alone has no bound, and fragments when receives wait in many of its arrays.
/// <para>Every member may be called from any thread; one lock, held for a few instructions, never under a call out.</para>
/// </summary>
public sealed class PagePool
{
    /// <summary>A small page: a quiet connection's few hundred bytes.</summary>
    public const int SmallPageBytes = 512;

    /// <summary>A large page: what one receive of a busy connection takes at most; the kernel's default socket buffers are about two of them.</summary>
    public const int LargePageBytes = 64 << 10;

    /// <summary>Small slabs are as small as one large page, so that a handful of quiet clients costs no more.</summary>
    private const int SmallSlabBytes = 64 << 10;

    /// <summary>Four large pages: enough to rent seldom, few enough that an idle pool gives nearly everything back.</summary>
    private const int LargeSlabBytes = 256 << 10;

    private readonly Lock _lock = new();
    private readonly ArrayPool<byte> _arrays;
    private readonly List<Slab> _slabs = [];
    private readonly LinkedList<Slab>[] _withFree = [new(), new()];
    private readonly long[] _outstandingBytes = new long[3];
    private readonly Queue<IPageWaiter> _waiters = new();
    private long _slabBytes;
    private long _peakBytes;
    private int _outstandingPages;
    private long _bytesMax;

    /// <summary>An empty pool; it rents nothing before it is asked.</summary>
    /// <param name="bytesMax">The bound on all slabs together, in bytes; at least <see cref="BytesMaxLeast"/>.</param>
    /// <param name="arrays">Where slabs come from; <c>ArrayPool.Shared</c> when null.</param>
    public PagePool(long bytesMax, ArrayPool<byte>? arrays = null)
    {
        BytesMax = bytesMax;
        _arrays = arrays ?? ArrayPool<byte>.Shared;
    }

    /// <summary>The least bound, in bytes: below it a share could be too small for one slab of each size.</summary>
    public const long BytesMaxLeast = 2 << 20;

    /// <summary>The bound on all slabs together, in bytes. Lowering it takes back nothing that is rented; it refuses until enough came back.</summary>
    public long BytesMax
    {
        get => Volatile.Read(ref _bytesMax);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, BytesMaxLeast);
            Volatile.Write(ref _bytesMax, value);
        }
    }

    /// <summary>The bound of one share, in bytes.</summary>
    public long ShareBytesMax(MemoryShare share) => share == MemoryShare.Backlog ? BytesMax / 2 : BytesMax / 4;

    /// <summary>More than half of a share is spent: whoever can do without a page should. A moment's view, for the price of a read.</summary>
    public bool IsTight(MemoryShare share) => Volatile.Read(ref _outstandingBytes[(int)share]) > ShareBytesMax(share) / 2;

    /// <summary>What a share has lent and set aside, in bytes. A moment's view, for the price of a read.</summary>
    public long LentBytes(MemoryShare share) => Volatile.Read(ref _outstandingBytes[(int)share]);

    /// <summary>Rents a page, held once, for the caller to <see cref="Page.Release"/>.</summary>
    /// <returns>False: its share, or the pool, is spent.</returns>
    public bool TryRent(PageSize size, MemoryShare share, [NotNullWhen(true)] out Page? page)
    {
        int bytes = size == PageSize.Small ? SmallPageBytes : LargePageBytes;
        lock (_lock)
        {
            page = null;
            if (_outstandingBytes[(int)share] + bytes > ShareBytesMax(share))
                return false;
            var withFree = _withFree[(int)size];
            var slab = withFree.First?.Value;
            if (slab is null && !TryAddSlab(size, bytes, out slab))
                return false;
            page = slab.Rent();
            if (!slab.HasFree)
                withFree.Remove(slab.Node);
            _outstandingBytes[(int)share] += bytes;
            _outstandingPages++;
            _peakBytes = Math.Max(_peakBytes, OutstandingBytes);
        }

        page.Rented(share);
        return true;
    }

    /// <summary>Sets bytes of a share aside, for pages that are going to be rented.</summary>
    /// <returns>False: the share has not so many left.</returns>
    public bool TryReserve(long bytes, MemoryShare share)
    {
        lock (_lock)
        {
            if (_outstandingBytes[(int)share] + bytes > ShareBytesMax(share))
                return false;
            _outstandingBytes[(int)share] += bytes;
            return true;
        }
    }

    /// <summary>Gives back what was set aside: a page that is rented next may take it.</summary>
    public void Unreserve(long bytes, MemoryShare share)
    {
        lock (_lock)
            _outstandingBytes[(int)share] -= bytes;
    }

    /// <summary>Counts the pages of a chain to another share from now on.</summary>
    /// <returns>False: that share is spent.</returns>
    internal bool TryMove(PageChain chain, MemoryShare share)
    {
        lock (_lock)
        {
            if (_outstandingBytes[(int)share] + chain.PageBytes > ShareBytesMax(share))
                return false;
            for (var page = chain.First; page is not null; page = page.Next)
            {
                _outstandingBytes[(int)page.Share] -= page.Capacity;
                _outstandingBytes[(int)share] += page.Capacity;
                page.Share = share;
            }

            return true;
        }
    }

    /// <summary>
    /// Remembers <paramref name="waiter"/> to be told, first come first told, when a page comes back: once for each call.
    /// A page may have come back just before, so try to rent once more after calling this.
    /// </summary>
    public void Await(IPageWaiter waiter)
    {
        lock (_lock)
            _waiters.Enqueue(waiter);
    }

    /// <summary>
    /// Tells those who wait to try again, up to <paramref name="waitersMax"/>. A page that comes back tells one, and that one may
    /// have gone, may want another share, or may take a page and keep it: then the next would never hear.
    /// </summary>
    public void WakeWaiters(int waitersMax)
    {
        // Who is told and finds nothing waits again behind the others: so many are told, and none of them twice.
        int left;
        lock (_lock)
            left = Math.Min(waitersMax, _waiters.Count);
        for (; left > 0; left--)
        {
            IPageWaiter? waiter;
            lock (_lock)
                _waiters.TryDequeue(out waiter);
            waiter?.PagesFreed();
        }
    }

    /// <summary>Whether anybody waits for a page now.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (_lock)
                return _waiters.Count > 0;
        }
    }

    /// <summary>Gives back the slabs of which no page was rented since the call before; call it every few seconds.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            for (int i = _slabs.Count - 1; i >= 0; i--)
            {
                var slab = _slabs[i];
                if (!slab.IsFree)
                    continue;
                if (!slab.Idle)
                {
                    slab.Idle = true;
                    continue;
                }

                Remove(slab);
                _slabs.RemoveAt(i);
            }
        }
    }

    /// <summary>The ledger as it stands.</summary>
    public PoolSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new PoolSnapshot(
                _bytesMax,
                _slabBytes,
                _outstandingPages,
                _outstandingBytes[(int)MemoryShare.Backlog],
                _outstandingBytes[(int)MemoryShare.Replies],
                _outstandingBytes[(int)MemoryShare.Requests],
                _peakBytes);
        }
    }

    /// <summary>One line for each page that is out: what a leak check prints.</summary>
    public IReadOnlyList<string> DescribeOutstanding()
    {
        lock (_lock)
        {
            return [.. _slabs.SelectMany(slab => slab.Rented).Select(page =>
                $"{page.Share} page of {page.Capacity} bytes, held {page.References} times, {page.Written} bytes from position {page.Start}{(page.Closed ? ", closed" : "")}")];
        }
    }

    internal void Return(Page page)
    {
        // A free page that still knew the next would keep it, and the slab that it lies in, from being collected.
        page.Next = null;
        page.Scramble();
        IPageWaiter? waiter;
        lock (_lock)
        {
            var slab = page.Slab;
            bool wasFull = !slab.HasFree;
            slab.Return(page);
            if (wasFull)
                _withFree[(int)slab.Size].AddFirst(slab.Node);
            _outstandingBytes[(int)page.Share] -= page.Capacity;
            _outstandingPages--;
            _waiters.TryDequeue(out waiter);
        }

        waiter?.PagesFreed();
    }

    private long OutstandingBytes => _outstandingBytes[0] + _outstandingBytes[1] + _outstandingBytes[2];

    private bool TryAddSlab(PageSize size, int pageBytes, [NotNullWhen(true)] out Slab? slab)
    {
        slab = null;
        int bytes = size == PageSize.Small ? SmallSlabBytes : LargeSlabBytes;
        if (_slabBytes + bytes > _bytesMax && !TryReclaim(bytes))
            return false;
        slab = new Slab(this, size, _arrays.Rent(bytes), bytes, pageBytes);
        _slabs.Add(slab);
        _slabBytes += bytes;
        _withFree[(int)size].AddFirst(slab.Node);
        return true;
    }

    /// <summary>Free slabs of the other size stand in the way of the bound: give them back now.</summary>
    private bool TryReclaim(int bytes)
    {
        for (int i = _slabs.Count - 1; i >= 0 && _slabBytes + bytes > _bytesMax; i--)
        {
            if (!_slabs[i].IsFree)
                continue;
            Remove(_slabs[i]);
            _slabs.RemoveAt(i);
        }

        return _slabBytes + bytes <= _bytesMax;
    }

    private void Remove(Slab slab)
    {
        _withFree[(int)slab.Size].Remove(slab.Node);
        _slabBytes -= slab.Bytes;
        slab.GiveBack(_arrays);
    }
}
