using Dynode.Log;

namespace Dynode.UnitTests.Log;

/// <summary>Who waits for pages gets them in the order that they came in, whoever asks meanwhile.</summary>
public sealed class PageWaitTests
{
    [Fact]
    public void A_page_that_comes_back_is_the_first_ones_though_another_asks_before()
    {
        var pool = Spent(out var pages);
        var first = new Waiting(MemoryShare.Backlog);
        var second = new Waiting(MemoryShare.Backlog);
        Assert.False(first.TryRent(pool));
        Assert.False(second.TryRent(pool));
        pages.Pop().Release();
        Assert.Equal((1, 0), (first.Told, second.Told));

        // Who comes now, and who stands behind, find none, though there is one.
        var third = new Waiting(MemoryShare.Backlog);
        Assert.False(third.TryRent(pool));
        Assert.False(second.TryRent(pool));
        Assert.True(first.TryRent(pool));

        // There might be another one: the next is told, tries, and waits on in its place.
        Assert.Equal(1, second.Told);
        Assert.False(second.TryRent(pool));
        pages.Pop().Release();
        Assert.Equal((2, 0), (second.Told, third.Told));
        Assert.True(second.TryRent(pool));
        Assert.Equal(1, third.Told);
        Assert.False(first.Wait.Stands || second.Wait.Stands);
        Assert.True(third.Wait.Stands);
        End(pool, pages, first, second, third);
    }

    [Fact]
    public void One_that_leaves_keeps_nobody_behind_it_waiting()
    {
        var pool = Spent(out var pages);
        var first = new Waiting(MemoryShare.Backlog);
        var second = new Waiting(MemoryShare.Backlog);
        first.TryRent(pool);
        second.TryRent(pool);
        pages.Pop().Release();
        pool.Leave(first.Wait);
        Assert.Equal(1, second.Told);
        Assert.True(second.TryRent(pool));
        Assert.False(pool.HasWaiters);
        End(pool, pages, first, second);
    }

    [Fact]
    public void One_that_only_asks_takes_no_page_from_those_who_stand_and_stands_nowhere_itself()
    {
        var pool = Spent(out var pages);
        var stands = new Waiting(MemoryShare.Backlog);
        var asks = new Waiting(MemoryShare.Backlog);
        stands.TryRent(pool);
        pages.Pop().Release();
        Assert.False(asks.TryRent(pool, stands: false));
        Assert.False(asks.Wait.Stands);
        Assert.True(stands.TryRent(pool));
        pages.Pop().Release();
        Assert.True(asks.TryRent(pool, stands: false));
        End(pool, pages, stands, asks);
    }

    [Fact]
    public void Each_share_has_a_queue_of_its_own()
    {
        var pool = Spent(out var pages);
        var replies = new Waiting(MemoryShare.Replies);
        var backlog = new Waiting(MemoryShare.Backlog);
        Assert.False(backlog.TryRent(pool));
        Assert.True(replies.TryRent(pool));
        Assert.Equal((1, 0), (pool.Standing(MemoryShare.Backlog), pool.Standing(MemoryShare.Replies)));
        pool.Leave(backlog.Wait);
        End(pool, pages, replies, backlog);
    }

    [Fact]
    public void That_the_first_has_stood_for_a_while_is_known_by_how_many_have_come_since()
    {
        var pool = Spent(out var pages);
        var first = new Waiting(MemoryShare.Backlog);
        long before = pool.Stood;
        first.TryRent(pool);
        Assert.False(pool.StandsSince(MemoryShare.Backlog, before));
        Assert.True(pool.StandsSince(MemoryShare.Backlog, pool.Stood));
        pool.Leave(first.Wait);
        Assert.False(pool.StandsSince(MemoryShare.Backlog, pool.Stood));
        End(pool, pages, first);
    }

    [Fact]
    public void A_bound_that_was_raised_is_seen_by_who_waits_when_told_again()
    {
        var pool = Spent(out var pages);
        var first = new Waiting(MemoryShare.Backlog);
        first.TryRent(pool);
        pages.Pop().Release();
        pages.Push(Rent(pool));
        Assert.False(first.TryRent(pool));
        pool.BytesMax *= 2;
        pool.TellWaiters();
        Assert.Equal(2, first.Told);
        Assert.True(first.TryRent(pool));
        End(pool, pages, first);
    }

    /// <summary>Many come and go on several threads: each gets its page, or leaves, and nobody is forgotten.</summary>
    [Fact]
    public async Task However_many_threads_wait_everybody_gets_a_page_in_the_end()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        const int Threads = 8;
        const int Rounds = 2000;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                using var told = new SemaphoreSlim(0);
                var wait = new PageWait(MemoryShare.Backlog, new Telling(() => told.Release()));
                var held = new List<Page>();

                // More than all threads together can have: some must wait, and who has most of it gives it back.
                while (held.Count < 3)
                {
                    if (pool.TryRent(PageSize.Large, wait, stands: true, out var page))
                        held.Add(page);
                    else if ((round + thread) % 7 == 0 || held.Count > 0)
                        break;
                    else
                        Assert.True(await told.WaitAsync(TimeSpan.FromMinutes(1)), "nobody told it");
                }

                pool.Leave(wait);
                held.ForEach(page => page.Release());
            }
        })));
        Assert.Equal((false, 0), (pool.HasWaiters, pool.Snapshot().OutstandingPages));
    }

    private static PagePool Spent(out Stack<Page> pages)
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        pages = new Stack<Page>();
        while (pool.TryRent(PageSize.Large, MemoryShare.Backlog, out var page))
            pages.Push(page);
        return pool;
    }

    private static Page Rent(PagePool pool)
    {
        Assert.True(pool.TryRent(PageSize.Large, MemoryShare.Backlog, out var page));
        return page;
    }

    private static void End(PagePool pool, Stack<Page> pages, params Waiting[] all)
    {
        foreach (var waiting in all)
        {
            pool.Leave(waiting.Wait);
            waiting.Page?.Release();
        }

        foreach (var page in pages)
            page.Release();
        Assert.Equal((false, 0), (pool.HasWaiters, pool.Snapshot().OutstandingPages));
    }

    private sealed class Waiting : IPageWaiter
    {
        public Waiting(MemoryShare share) => Wait = new PageWait(share, this);

        public PageWait Wait { get; }

        public int Told { get; private set; }

        public Page? Page { get; private set; }

        public bool TryRent(PagePool pool, bool stands = true)
        {
            bool rented = pool.TryRent(PageSize.Large, Wait, stands, out var page);
            Page = page ?? Page;
            return rented;
        }

        public void PagesFreed() => Told++;
    }

    private sealed class Telling(Action told) : IPageWaiter
    {
        public void PagesFreed() => told();
    }
}
