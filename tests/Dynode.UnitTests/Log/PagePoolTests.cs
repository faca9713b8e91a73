using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dynode.Log;

namespace Dynode.UnitTests.Log;

public sealed class PagePoolTests
{
    [Theory]
    [InlineData(MemoryShare.Backlog, 2)]
    [InlineData(MemoryShare.Replies, 4)]
    [InlineData(MemoryShare.Requests, 4)]
    public void A_share_gives_exactly_what_it_has(MemoryShare share, int divisor)
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        int fits = (int)(PagePool.BytesMaxLeast / divisor / PagePool.LargePageBytes);
        var pages = Enumerable.Range(0, fits).Select(_ => Rent(pool, PageSize.Large, share)).ToList();

        Assert.False(pool.TryRent(PageSize.Large, share, out _));
        Assert.False(pool.TryRent(PageSize.Small, share, out _));
        pages[0].Release();
        Assert.True(pool.TryRent(PageSize.Large, share, out var again));

        again.Release();
        pages.Skip(1).ToList().ForEach(page => page.Release());
        Assert.Equal(0, pool.Snapshot().OutstandingBytes);
        Assert.Equal(PagePool.BytesMaxLeast / divisor, pool.Snapshot().PeakBytes);
    }

    [Fact]
    public void Shares_do_not_starve_each_other()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var pages = new List<Page>();
        while (pool.TryRent(PageSize.Large, MemoryShare.Backlog, out var page))
            pages.Add(page);

        Assert.True(pool.TryRent(PageSize.Large, MemoryShare.Replies, out var reply));
        Assert.True(pool.TryRent(PageSize.Large, MemoryShare.Requests, out var request));
        foreach (var page in pages.Append(reply).Append(request))
            page.Release();
    }

    [Fact]
    public void Slabs_never_exceed_the_bound_in_whatever_mix_of_sizes()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var pages = new List<Page>();
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(3) > 0)
            {
                var share = (MemoryShare)random.Next(3);
                if (random.Next(2) == 0 ? pool.TryRent((PageSize)random.Next(2), share, out var page) : pool.TryRentFor(random.Next(80_000), share, out page))
                    pages.Add(page);
            }
            else if (pages.Count > 0)
            {
                int index = random.Next(pages.Count);
                pages[index].Release();
                pages.RemoveAt(index);
            }

            Assert.InRange(pool.Snapshot().SlabBytes, 0, PagePool.BytesMaxLeast);
        }

        pages.ForEach(page => page.Release());
        Assert.Empty(pool.DescribeOutstanding());
    }

    [Theory]
    [InlineData(0, 512)]
    [InlineData(504, 512)]
    [InlineData(505, 1 << 10)]
    [InlineData(1_016, 1 << 10)]
    [InlineData(1_017, 2 << 10)]
    [InlineData(32_760, 32 << 10)]
    [InlineData(32_761, 64 << 10)]
    [InlineData(65_528, 64 << 10)]
    [InlineData(65_529, 64 << 10)]
    [InlineData(int.MaxValue, 64 << 10)]
    public void A_page_for_so_many_bytes_is_the_least_that_takes_them_or_a_large_one(int bytes, int capacity)
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        Assert.True(pool.TryRentFor(bytes, MemoryShare.Replies, out var page));
        Assert.Equal((capacity, (long)capacity), (page.Capacity, pool.LentBytes(MemoryShare.Replies)));
        Assert.Equal(capacity - 8, page.Room);
        page.Release();
        Assert.Equal(0, pool.LentBytes(MemoryShare.Replies));
    }

    [Fact]
    public void Slabs_that_stay_free_are_given_back_and_those_in_use_are_not()
    {
        var arrays = new CountingArrays();
        var pool = new PagePool(PagePool.BytesMaxLeast, arrays);
        var kept = Rent(pool, PageSize.Large, MemoryShare.Backlog);
        var freed = Rent(pool, PageSize.Small, MemoryShare.Backlog);
        freed.Release();

        pool.Trim();
        Assert.Equal(2, arrays.Out);
        pool.Trim();
        Assert.Equal(1, arrays.Out);
        kept.Release();
        pool.Trim();
        pool.Trim();
        Assert.Equal(0, arrays.Out);
    }

    [Fact]
    public void A_page_goes_back_with_its_last_holder_and_cannot_be_held_again()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var page = Rent(pool, PageSize.Small, MemoryShare.Replies);
        page.AddRef();
        page.Release();
        Assert.Equal(1, pool.Snapshot().OutstandingPages);
        page.Release();
        Assert.Equal(0, pool.Snapshot().OutstandingPages);
        Assert.Throws<InvalidOperationException>(page.AddRef);
        Assert.Throws<InvalidOperationException>(page.Release);
    }

    [Fact]
    public void Those_who_wait_are_told_in_turn_one_for_each_page()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var told = new List<int>();
        var pages = Enumerable.Range(0, 3).Select(_ => Rent(pool, PageSize.Small, MemoryShare.Backlog)).ToList();
        pool.Await(new Waiter(() => told.Add(1)));
        pool.Await(new Waiter(() => told.Add(2)));
        Assert.True(pool.HasWaiters);

        pages.ForEach(page => page.Release());
        Assert.Equal([1, 2], told);
        Assert.False(pool.HasWaiters);
    }

    [Fact]
    public void The_ledger_names_what_is_out()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var page = Rent(pool, PageSize.Large, MemoryShare.Replies);
        page.AddRef();
        Assert.Contains("Replies page of 65536 bytes, held 2 times", Assert.Single(pool.DescribeOutstanding()), StringComparison.Ordinal);
        page.Release();
        page.Release();
    }

    [Fact]
    public void A_bound_too_small_for_its_shares_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PagePool(PagePool.BytesMaxLeast - 1));
        Assert.Equal(PagePool.BytesMaxLeast, new PagePool(PagePool.BytesMaxLeast).BytesMax);
        Assert.Equal(PagePool.BytesMaxLeast + 1, new PagePool(PagePool.BytesMaxLeast + 1).BytesMax);
    }

    [Fact]
    public void A_slab_that_was_given_back_is_collected_though_another_page_has_stood_before_it_in_a_log()
    {
        var pool = new PagePool(64 << 20, new Unkept());
        var log = new FanOutLog(pool);

        // The first slab stays for this page's sake; its others lead to the next slab, and so on.
        var kept = Rent(pool, PageSize.Large, MemoryShare.Replies);
        (LogCursor cursor, WeakReference last) = Written(pool, log);
        log.Advance(cursor, log.Tail - cursor.Position);
        log.Leave(cursor);
        pool.Trim();
        pool.Trim();
        GC.Collect();
        Assert.False(last.IsAlive);
        kept.Release();
    }

    // Keeps nothing of what it is given back, so that nobody else does who should not.
    private sealed class Unkept : ArrayPool<byte>
    {
        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false)
        {
        }
    }

    // The last page's array; nothing of it stays on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (LogCursor Cursor, WeakReference Last) Written(PagePool pool, FanOutLog log)
    {
        const int Pages = 16;
        var cursor = log.Join(awaitBoundary: false);
        var chain = new PageChain();
        for (int i = 0; i < Pages; i++)
        {
            chain.Add(Rent(pool, PageSize.Large, MemoryShare.Requests));
            chain.Advance(chain.Room.Length);
        }

        Assert.True(MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)chain.Last.Bytes, out var last));
        Assert.True(log.TryAdopt(chain, 0));
        log.Complete();
        return (cursor, new WeakReference(last.Array));
    }

    private static Page Rent(PagePool pool, PageSize size, MemoryShare share)
    {
        Assert.True(pool.TryRent(size, share, out var page));
        return page;
    }

    private sealed class Waiter(Action told) : IPageWaiter
    {
        public void PagesFreed() => told();
    }

    private sealed class CountingArrays : ArrayPool<byte>
    {
        public int Out { get; private set; }

        public override byte[] Rent(int minimumLength)
        {
            Out++;
            return new byte[minimumLength];
        }

        public override void Return(byte[] array, bool clearArray = false) => Out--;
    }
}
