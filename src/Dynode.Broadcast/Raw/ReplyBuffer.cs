using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Where one connection reads its server's replies into: nobody's memory where nobody wants them; else a small page while
/// the server says little, and a large one once a read filled that. Owned by its session's turns.
/// </summary>
internal struct ReplyBuffer(MemoryRelief memory, SessionTurns turns)
{
    private Page? _page;
    private PageWait? _wait;
    private int _lastRead;

    /// <summary>It waits for a page of ours: its server can do nothing about that.</summary>
    public readonly bool AwaitsPage => _wait is { Stands: true };

    /// <summary>What the last read brought; empty where nobody wanted it.</summary>
    public readonly ReadOnlyMemory<byte> Reply => _page is null ? default : _page.Bytes[.._lastRead];

    /// <summary>Memory for the next read; it stays as it is until the one after.</summary>
    /// <param name="wanted">Somebody may want what is read.</param>
    /// <param name="buffer">Not empty.</param>
    /// <returns>False: memory is spent; the session has a turn when some is free.</returns>
    public bool TryTake(bool wanted, out Memory<byte> buffer)
    {
        buffer = DataPlane.Scratch;
        if (!wanted)
        {
            Release();
            Leave();
            return true;
        }

        bool wantsLarge = _lastRead >= PagePool.SmallPageBytes;
        if (_page is null || wantsLarge != _page.Capacity > PagePool.SmallPageBytes)
        {
            _wait ??= new PageWait(MemoryShare.Replies, turns);
            if (memory.TryRent(wantsLarge ? PageSize.Large : PageSize.Small, _wait, stands: _page is null, out var page))
            {
                Release();
                _page = page;
            }
            else if (_page is null)
            {
                return false;
            }
        }

        buffer = _page.Bytes;
        return true;
    }

    /// <summary>A read brought so many bytes.</summary>
    public void Read(int count) => _lastRead = count;

    /// <summary>Nothing is to be read now: it waits for no page.</summary>
    public readonly void Leave()
    {
        if (_wait is not null)
            memory.Leave(_wait);
    }

    /// <summary>Nothing of it is lent any more.</summary>
    public void Release()
    {
        _page?.Release();
        _page = null;
    }
}
