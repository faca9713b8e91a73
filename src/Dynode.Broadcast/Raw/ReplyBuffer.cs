using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Where one connection reads its server's replies into: nobody's memory where nobody wants them; else a small page while
/// the server says little, and a large one once a read filled that. Owned by its session's turns.
/// </summary>
internal sealed class ReplyBuffer(ClientSession session)
{
    private Page? _page;
    private int _lastRead;

    /// <summary>Memory for the next read; it stays as it is until the one after.</summary>
    /// <param name="wanted">Somebody may want what is read.</param>
    /// <param name="buffer">Not empty.</param>
    /// <returns>False: memory is spent; the session is woken when some is free.</returns>
    public bool TryTake(bool wanted, out Memory<byte> buffer)
    {
        buffer = DataPlane.Scratch;
        if (!wanted)
        {
            Release();
            return true;
        }

        bool wantsLarge = _lastRead >= PagePool.SmallPageBytes;
        if (_page is null || wantsLarge != _page.Capacity > PagePool.SmallPageBytes)
        {
            if (session.TryRent(wantsLarge ? PageSize.Large : PageSize.Small, MemoryShare.Replies, out var page))
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

    /// <summary>What the read brought; empty where nobody wanted it.</summary>
    public ReadOnlyMemory<byte> Read(int count)
    {
        _lastRead = count;
        return _page is null ? default : _page.Bytes[..count];
    }

    /// <summary>Nothing of it is lent any more.</summary>
    public void Release()
    {
        _page?.Release();
        _page = null;
    }
}
