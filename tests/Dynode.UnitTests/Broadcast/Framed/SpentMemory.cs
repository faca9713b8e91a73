using Dynode.Log;

namespace Dynode.UnitTests.Broadcast.Framed;

/// <summary>Somebody who takes all pages of a share, and gives them back.</summary>
internal sealed class SpentMemory(PagePool pool, MemoryShare share)
{
    private readonly List<Page> _pages = [];
    private long _reserved;

    /// <summary>Takes all.</summary>
    /// <param name="leavesSmall">But for what is less than a large page.</param>
    public void Spend(bool leavesSmall = false)
    {
        while (pool.TryRent(PageSize.Large, share, out var page))
            _pages.Add(page);
        for (; !leavesSmall && pool.TryReserve(PagePool.SmallPageBytes, share); _reserved += PagePool.SmallPageBytes)
        {
        }
    }

    public void GiveBack()
    {
        _pages.ForEach(page => page.Release());
        _pages.Clear();
        pool.Unreserve(_reserved, share);
        _reserved = 0;
    }
}
