using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The memory that one connection's replies are read into: a page, or, where more must be seen before any can be taken, an array that
/// grows. All of it counts to the replies' share. In turns only.
/// </summary>
internal struct ReplyRoom(PagePool pool)
{
    /// <summary>More than all that can be in flight is answered by, in errors of a line.</summary>
    private const int BytesMax = 64 << 20;

    private Page? _page;
    private byte[]? _array;

    /// <summary>There is none.</summary>
    public readonly bool IsEmpty => _page is null && _array is null;

    /// <summary>In bytes.</summary>
    public readonly int Capacity => _page?.Capacity ?? _array?.Length ?? 0;

    public readonly Memory<byte> Bytes => _page?.Bytes ?? _array;

    /// <summary>The same, for whoever looks at it at once.</summary>
    public readonly Span<byte> Span => _page is { } page ? page.Span : _array;

    /// <summary>Nothing is in it: one page is enough, a large one where it can be had, also in place of a small one that had to do.</summary>
    /// <returns>False: memory for replies is spent.</returns>
    public bool TryBegin()
    {
        if (_page is { Capacity: > PagePool.SmallPageBytes })
            return true;
        if (pool.TryRent(PageSize.Large, MemoryShare.Replies, out var page)
            || (_page is null && pool.TryRent(PageSize.Small, MemoryShare.Replies, out page)))
        {
            Release();
            _page = page;
        }

        return !IsEmpty;
    }

    /// <summary>It is full of what must stay: a large page in place of a small one, an array of twice the bytes in place of that.</summary>
    /// <returns>False: memory for replies is spent.</returns>
    public bool TryGrow()
    {
        if (_page is { Capacity: PagePool.SmallPageBytes })
        {
            if (!pool.TryRent(PageSize.Large, MemoryShare.Replies, out var page))
                return false;
            Span.CopyTo(page.Span);
            Release();
            _page = page;
            return true;
        }

        int length = Capacity * 2;
        if (length > BytesMax || !pool.TryReserve(length, MemoryShare.Replies))
            return false;

        // Rare, and of a size that nobody asks for twice: not worth to be kept by a pool.
        byte[] array = GC.AllocateUninitializedArray<byte>(length);
        Span.CopyTo(array);
        Release();
        _array = array;
        return true;
    }

    /// <summary>Gives all back.</summary>
    public void Release()
    {
        _page?.Release();
        if (_array is not null)
            pool.Unreserve(_array.Length, MemoryShare.Replies);
        (_page, _array) = (null, null);
    }
}
