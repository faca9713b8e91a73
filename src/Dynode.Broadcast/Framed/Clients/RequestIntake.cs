using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// Where one client's bytes wait until their request is whole: a small page while the client is quiet, a large one while it
/// is busy, and for a request that fits into no page a chain of pages, which the log adopts as it is.
/// <code>
///   page   │ done │ request so far ▓▓▓▓│ unseen ░░░│ room   │
///          0      Start            Scanned     End
///   chain  │ ▓▓▓▓▓▓ │ ▓▓▓▓▓▓ │ ▓▓▓ room │                   one request, and no byte of the next
/// </code>
/// In turns only.
/// </summary>
internal struct RequestIntake(PagePool pool)
{
    private Page? _page;
    private PageChain? _chain;
    private int _start;
    private int _scanned;
    private int _end;
    private long _reserved;
    private bool _inChain;

    /// <summary>Bytes of a request that has begun are here.</summary>
    public readonly bool HasPart => _inChain || _end > _start;

    /// <summary>Bytes that are here, of a request that has begun or of those behind it.</summary>
    public readonly long Bytes => _inChain ? _chain!.Length : _end - _start;

    /// <summary>Memory that it has, or has set aside, in bytes.</summary>
    public readonly long MemoryBytes => (_page?.Capacity ?? 0) + (_chain?.PageBytes ?? 0) + _reserved;

    /// <summary>Nothing here is unseen.</summary>
    public readonly bool IsScanned => _inChain || _scanned == _end;

    /// <summary>The current request lies in a chain.</summary>
    public readonly bool IsLarge => _inChain;

    /// <summary>The chain that a complete large request lies in.</summary>
    public readonly PageChain Chain => _chain!;

    /// <summary>The page that the room is in: an operation holds it itself.</summary>
    public readonly Page RoomPage => _inChain ? _chain!.Last : _page!;

    /// <summary>The current request, as far as it has come and can be looked at in one piece.</summary>
    public readonly ReadOnlySpan<byte> Head => _inChain ? _chain!.Head.Span : _page is null ? default : _page.Span[_start.._scanned];

    /// <summary>Room to receive into; it belongs to the caller until it says what came.</summary>
    /// <param name="busy">The last receive filled what it had.</param>
    /// <param name="declared">The least length of the current request.</param>
    /// <param name="room">Not empty.</param>
    /// <returns>False: memory for half-received requests is spent.</returns>
    public bool TryTakeRoom(bool busy, long declared, out Memory<byte> room)
    {
        room = default;
        if (!_inChain && HasPart && (declared > PageChain.PageBytesMax || IsFullOfOne) && !TryEnterChain(declared))
            return false;
        if (_inChain)
        {
            if (_chain!.Room.IsEmpty && !TryGrowChain())
                return false;
            room = _chain.Room;
            return true;
        }

        if (_start == _end)
            _start = _scanned = _end = 0;
        if (_page is null || (!HasPart && IsLargePage != busy))
            Exchange(busy ? PageSize.Large : PageSize.Small);
        else if (_end == Limit && !TryMakeRoom())
            return false;
        if (_page is null)
            return false;
        room = _page.Bytes[_end..Limit];
        return true;
    }

    /// <summary>Bytes came into the room.</summary>
    public void Received(int count)
    {
        if (_inChain)
            _chain!.Advance(count);
        else
            _end += count;
    }

    /// <summary>Bytes that the reader has not seen.</summary>
    /// <param name="count">How many came last; a chain's last bytes.</param>
    public readonly ReadOnlySpan<byte> Unseen(int count) =>
        _inChain ? _chain!.Tail(count) : _page is null ? default : _page.Span[_scanned.._end];

    /// <summary>The reader took so many of the unseen ones.</summary>
    public void Seen(int count)
    {
        if (!_inChain)
            _scanned += count;
    }

    /// <summary>A large request ended before the last <paramref name="count"/> bytes of its chain: they begin the next one.</summary>
    /// <returns>False: there is no memory for them yet.</returns>
    public bool TryPutOver(int count)
    {
        if (count == 0)
            return true;
        if (_page is null && !pool.TryRent(count <= PagePool.SmallPageBytes ? PageSize.Small : PageSize.Large, MemoryShare.Requests, out _page))
            return false;
        _chain!.Tail(count).CopyTo(_page.Span);
        _chain.TakeBack(count);
        (_start, _scanned, _end) = (0, 0, count);
        return true;
    }

    /// <summary>The current request is done with; the chain, if it was in one, is empty or given back.</summary>
    public void Next()
    {
        if (!_inChain)
        {
            _start = _scanned;
            return;
        }

        _chain!.Release();
        _inChain = false;
        Unreserve();
    }

    /// <summary>Holds no page while nothing is here.</summary>
    public void Rest()
    {
        if (HasPart || _page is null)
            return;
        _page.Release();
        _page = null;
        _start = _scanned = _end = 0;
    }

    /// <summary>Gives everything back; what was here is forgotten.</summary>
    public void Release()
    {
        _chain?.Release();
        _inChain = false;
        Unreserve();
        _start = _scanned = _end = 0;
        Rest();
    }

    private readonly bool IsLargePage => _page is { Capacity: > PagePool.SmallPageBytes };

    /// <summary>A large page may become the first of a chain, and its log's, so it leaves room for a boundary.</summary>
    private readonly int Limit => IsLargePage ? PageChain.PageBytesMax : PagePool.SmallPageBytes;

    private readonly bool IsFullOfOne => IsLargePage && _start == 0 && _end == Limit;

    private void Exchange(PageSize size)
    {
        if (!pool.TryRent(size, MemoryShare.Requests, out var page)
            && (size == PageSize.Small || _page is not null || !pool.TryRent(PageSize.Small, MemoryShare.Requests, out page)))
        {
            return;
        }

        _page?.Release();
        _page = page;
    }

    /// <summary>The page is full to its end, and a part of a request is in it.</summary>
    private bool TryMakeRoom()
    {
        if (_start > 0)
        {
            _page!.Bytes[_start.._end].CopyTo(_page.Bytes);
            _scanned -= _start;
            _end -= _start;
            _start = 0;
            return true;
        }

        if (!pool.TryRent(PageSize.Large, MemoryShare.Requests, out var page))
            return false;
        _page!.Bytes[.._end].CopyTo(page.Bytes);
        _page.Release();
        _page = page;
        return true;
    }

    private bool TryEnterChain(long declared)
    {
        long pages = (Math.Max(declared, PageChain.PageBytesMax + 1) + PageChain.PageBytesMax - 1) / PageChain.PageBytesMax;
        long bytes = pages * PagePool.LargePageBytes;
        if (_reserved == 0)
        {
            if (!pool.TryReserve(bytes, MemoryShare.Requests))
                return false;
            _reserved = bytes;
        }

        _chain ??= new PageChain();
        if (IsLargePage && _start == 0)
        {
            _chain.Add(_page!);
            _chain.Advance(_end);
            _page = null;
            Spend();
        }
        else
        {
            if (!TryGrowChain())
                return false;
            _chain.Write(_page!.Span[_start.._end]);
            _page.Release();
            _page = null;
        }

        _start = _scanned = _end = 0;
        _inChain = true;
        return true;
    }

    private bool TryGrowChain()
    {
        long part = Spend();
        if (!pool.TryRent(PageSize.Large, MemoryShare.Requests, out var page))
        {
            if (pool.TryReserve(part, MemoryShare.Requests))
                _reserved += part;
            return false;
        }

        _chain!.Add(page);
        return true;
    }

    /// <summary>What was set aside for one page is there for it.</summary>
    /// <returns>How much that was.</returns>
    private long Spend()
    {
        long part = Math.Min(_reserved, PagePool.LargePageBytes);
        _reserved -= part;
        pool.Unreserve(part, MemoryShare.Requests);
        return part;
    }

    private void Unreserve()
    {
        pool.Unreserve(_reserved, MemoryShare.Requests);
        _reserved = 0;
    }
}
