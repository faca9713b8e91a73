using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Dynode.Log;

/// <summary>
/// The slabs of a pool and the free pages in them: rented from an <see cref="ArrayPool{T}"/> as they are needed, given back when they stay
/// free. Guarded by the pool's lock.
/// </summary>
internal sealed class SlabStore(PagePool pool, ArrayPool<byte> arrays)
{
    /// <summary>Those of all sizes but the largest are as small as one large page, so that a handful of quiet clients costs no more.</summary>
    private const int SmallSlabBytes = 64 << 10;

    /// <summary>Four large pages: enough to rent seldom, few enough that an idle pool gives nearly everything back.</summary>
    public const int LargeSlabBytes = 256 << 10;

    private readonly List<Slab> _slabs = [];
    /// <summary>For each size, by powers of two.</summary>
    private readonly LinkedList<Slab>[] _withFree =
        [.. Enumerable.Range(0, IndexOf(PagePool.LargePageBytes) + 1).Select(_ => new LinkedList<Slab>())];

    /// <summary>Rented from the array pool, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Pages that somebody holds.</summary>
    public IEnumerable<Page> Rented => _slabs.SelectMany(slab => slab.Rented);

    /// <summary>A free page, of a slab more where none has one.</summary>
    /// <param name="pageBytes">Its size: a power of two from a small page's to a large one's.</param>
    /// <param name="bytesMax">The bound on all slabs together.</param>
    /// <param name="page">Nobody's yet.</param>
    /// <returns>False: the bound is reached.</returns>
    public bool TryTake(int pageBytes, long bytesMax, [NotNullWhen(true)] out Page? page)
    {
        page = null;
        var withFree = _withFree[IndexOf(pageBytes)];
        var slab = withFree.First?.Value;
        if (slab is null && !TryAdd(pageBytes, bytesMax, out slab))
            return false;
        page = slab.Rent();
        if (!slab.HasFree)
            withFree.Remove(slab.Node);
        return true;
    }

    /// <summary>Nobody holds the page any more.</summary>
    public void Return(Page page)
    {
        var slab = page.Slab;
        bool wasFull = !slab.HasFree;
        slab.Return(page);
        if (wasFull)
            _withFree[IndexOf(slab.PageBytes)].AddFirst(slab.Node);
    }

    /// <inheritdoc cref="PagePool.Trim"/>
    public void Trim()
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

    private static int IndexOf(int pageBytes) => BitOperations.Log2((uint)(pageBytes / PagePool.SmallPageBytes));

    private bool TryAdd(int pageBytes, long bytesMax, [NotNullWhen(true)] out Slab? slab)
    {
        slab = null;
        int bytes = pageBytes < PagePool.LargePageBytes ? SmallSlabBytes : LargeSlabBytes;
        if (Bytes + bytes > bytesMax && !TryReclaim(bytes, bytesMax))
            return false;
        slab = new Slab(pool, arrays.Rent(bytes), bytes, pageBytes);
        _slabs.Add(slab);
        Bytes += bytes;
        _withFree[IndexOf(pageBytes)].AddFirst(slab.Node);
        return true;
    }

    /// <summary>Free slabs of other sizes stand in the way of the bound: give them back now.</summary>
    private bool TryReclaim(int bytes, long bytesMax)
    {
        for (int i = _slabs.Count - 1; i >= 0 && Bytes + bytes > bytesMax; i--)
        {
            if (!_slabs[i].IsFree)
                continue;
            Remove(_slabs[i]);
            _slabs.RemoveAt(i);
        }

        return Bytes + bytes <= bytesMax;
    }

    private void Remove(Slab slab)
    {
        _withFree[IndexOf(slab.PageBytes)].Remove(slab.Node);
        Bytes -= slab.Bytes;
        slab.GiveBack(arrays);
    }
}
