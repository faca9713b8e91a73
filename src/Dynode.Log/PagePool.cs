using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Dynode.Log;

/// <summary>
/// The bounded free list that all pages come from and go back to: the one place where the memory of clients' bytes is
/// counted. It rents slabs from an <see cref="ArrayPool{T}"/> of its own as they are needed and gives back those that stay free.
/// <c>ArrayPool.Shared</c> has no bound, fragments when receives wait in many of its arrays, and keeps what a busy time has left for
/// minutes: 32 arrays of each length for each processor.
/// <para>Every member may be called from any thread; one lock, held for a few instructions, never under a call out.</para>
/// </summary>
public sealed class PagePool
{
    /// <summary>A small page: a quiet connection's few hundred bytes.</summary>
    public const int SmallPageBytes = 512;

    /// <summary>A large page: what one receive of a busy connection takes at most; the kernel's default socket buffers are about two of them.</summary>
    public const int LargePageBytes = 64 << 10;

    private readonly Lock _lock = new();
    private readonly SlabStore _slabs;
    private readonly long[] _outstandingBytes = new long[3];
    private readonly PageQueues _queues = new();
    private long _peakBytes;
    private int _outstandingPages;
    private long _bytesMax;

    /// <summary>An empty pool; it rents nothing before it is asked.</summary>
    /// <param name="bytesMax">The bound on all slabs together, in bytes; at least <see cref="BytesMaxLeast"/>.</param>
    /// <param name="arrays">Where slabs come from; one that keeps no more than a slab of each length when null.</param>
    public PagePool(long bytesMax, ArrayPool<byte>? arrays = null)
    {
        BytesMax = bytesMax;
        _slabs = new SlabStore(this, arrays ?? ArrayPool<byte>.Create(SlabStore.LargeSlabBytes, maxArraysPerBucket: 1));
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
        lock (_lock)
        {
            if (!TryTake(BytesOf(size), share, out page))
                return false;
        }

        page.Rented(share);
        return true;
    }

    /// <summary>Rents a page of the least size, by powers of two, that takes so many bytes; a large one where none does.</summary>
    /// <returns>False: its share, or the pool, is spent.</returns>
    public bool TryRentFor(int bytes, MemoryShare share, [NotNullWhen(true)] out Page? page)
    {
        int least = Math.Clamp(bytes, 0, LargePageBytes - Page.BoundaryBytes) + Page.BoundaryBytes;
        int pageBytes = Math.Max(SmallPageBytes, (int)BitOperations.RoundUpToPowerOf2((uint)least));
        lock (_lock)
        {
            if (!TryTake(pageBytes, share, out page))
                return false;
        }

        page.Rented(share);
        return true;
    }

    /// <summary>
    /// Rents a page in its turn: who stands before it in the queue comes first, although there be a page now.
    /// </summary>
    /// <param name="size">Of the page.</param>
    /// <param name="wait">Of whoever asks.</param>
    /// <param name="stands">Where there is none it stands in the queue from now on.</param>
    /// <param name="page">Held once, for the caller to <see cref="Page.Release"/>; it stands in the queue no more.</param>
    /// <returns>False: its share, or the pool, is spent, or others wait.</returns>
    public bool TryRent(PageSize size, PageWait wait, bool stands, [NotNullWhen(true)] out Page? page)
    {
        bool stood;
        lock (_lock)
        {
            page = null;
            if (!_queues.MayTake(wait) || !TryTake(BytesOf(size), wait.Share, out page))
            {
                wait.IsTold = false;
                if (stands)
                    _queues.Stand(wait);
                return false;
            }

            stood = wait.Stands;
            _queues.Leave(wait);
        }

        page.Rented(wait.Share);

        // There may be another page, for the next.
        if (stood)
            Tell();
        return true;
    }

    /// <summary>Wants no page any more.</summary>
    public void Leave(PageWait wait)
    {
        if (!wait.Stands)
            return;
        lock (_lock)
            _queues.Leave(wait);
        Tell();
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
    /// Remembers <paramref name="waiter"/> to be told when a page comes back: once for each call. A page may have come back just before, so
    /// try to rent once more after calling this.
    /// </summary>
    public void Await(IPageWaiter waiter)
    {
        lock (_lock)
            _queues.Listen(waiter);
    }

    /// <summary>Tells the first of each queue, should it have been told before: for a bound that was raised.</summary>
    public void TellWaiters()
    {
        lock (_lock)
            _queues.TellAgain();
        Tell();
    }

    /// <summary>Whether anybody waits for a page now.</summary>
    public bool HasWaiters => _queues.Any;

    /// <summary>How many have ever come to stand in a queue: for <see cref="StandsSince"/>.</summary>
    public long Stood
    {
        get
        {
            lock (_lock)
                return _queues.Numbers;
        }
    }

    /// <summary>How many stand in a share's queue.</summary>
    public int Standing(MemoryShare share)
    {
        lock (_lock)
            return _queues.Standing(share);
    }

    /// <summary>Whether the first in a share's queue already stood there when <see cref="Stood"/> was so many.</summary>
    public bool StandsSince(MemoryShare share, long stood)
    {
        lock (_lock)
            return _queues.StandsSince(share, stood);
    }

    /// <summary>Gives back the slabs of which no page was rented since the call before; call it every few seconds.</summary>
    public void Trim()
    {
        lock (_lock)
            _slabs.Trim();
    }

    /// <summary>The ledger as it stands.</summary>
    public PoolSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new PoolSnapshot(
                _bytesMax,
                _slabs.Bytes,
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
            return [.. _slabs.Rented.Select(page =>
                $"{page.Share} page of {page.Capacity} bytes, held {page.References} times, {page.Written} bytes from position {page.Start}{(page.Closed ? ", closed" : "")}")];
        }
    }

    internal void Return(Page page)
    {
        // A free page that still knew the next would keep it, and the slab that it lies in, from being collected.
        page.Next = null;
        page.Scramble();
        lock (_lock)
        {
            _slabs.Return(page);
            _outstandingBytes[(int)page.Share] -= page.Capacity;
            _outstandingPages--;
        }

        Tell();
    }

    private long OutstandingBytes => _outstandingBytes[0] + _outstandingBytes[1] + _outstandingBytes[2];

    private static int BytesOf(PageSize size) => size == PageSize.Small ? SmallPageBytes : LargePageBytes;

    private bool TryTake(int bytes, MemoryShare share, [NotNullWhen(true)] out Page? page)
    {
        page = null;
        if (_outstandingBytes[(int)share] + bytes > ShareBytesMax(share) || !_slabs.TryTake(bytes, _bytesMax, out page))
            return false;
        _outstandingBytes[(int)share] += bytes;
        _outstandingPages++;
        _peakBytes = Math.Max(_peakBytes, OutstandingBytes);
        return true;
    }

    private void Tell()
    {
        while (_queues.Any)
        {
            IPageWaiter? waiter;
            lock (_lock)
                waiter = _queues.TakeToTell();
            if (waiter is null)
                return;
            waiter.PagesFreed();
        }
    }
}
