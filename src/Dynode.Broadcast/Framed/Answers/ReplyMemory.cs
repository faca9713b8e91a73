using Dynode.Log;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Where replies that must wait get their memory: pages of the replies' share, and <see cref="KeptReply"/> objects that are used
/// again. When the share is spent, whoever owes clients most is told first (<paramref name="relieve"/>). In turns only.
/// </summary>
/// <param name="pool">Of all pages.</param>
/// <param name="relieve">Frees pages of that share; false: there is nothing to free.</param>
internal sealed class ReplyMemory(PagePool pool, Func<bool> relieve)
{
    /// <summary>Objects that are kept for reuse while there is traffic: enough for a full ring of requests.</summary>
    private const int SpareMax = 64 << 10;

    /// <summary>And while there is none.</summary>
    private const int SpareLeast = 256;

    private readonly Stack<PageChain> _chains = new();
    private KeptReply? _spare;
    private int _spares;

    /// <summary>Objects that somebody has: 0 when everything has ended, or there is a leak.</summary>
    public int Outstanding { get; private set; }

    /// <summary>An empty chain, for as long as something waits in it.</summary>
    public PageChain TakeChain() => _chains.TryPop(out var chain) ? chain : new PageChain();

    /// <summary>It is empty again, and its holder has forgotten it.</summary>
    public void GiveChain(PageChain chain)
    {
        if (_chains.Count < SpareMax)
            _chains.Push(chain);
    }

    /// <summary>Nothing is under way: what a busy time has used is the collector's.</summary>
    public void Trim()
    {
        for (; _spares > SpareLeast; _spares--)
            _spare = _spare!.Next;
        while (_chains.Count > SpareLeast)
            _chains.Pop();
    }

    /// <summary>An empty one.</summary>
    public KeptReply Take()
    {
        Outstanding++;
        if (_spare is not { } kept)
            return new KeptReply();
        _spare = kept.Next;
        _spares--;
        kept.Next = null;
        kept.Rank = -1;
        return kept;
    }

    /// <summary>Its bytes are done with.</summary>
    public void Give(KeptReply kept)
    {
        kept.Clear();
        Outstanding--;
        if (_spares == SpareMax)
            return;
        kept.Next = _spare;
        _spare = kept;
        _spares++;
    }

    /// <summary>Keeps a copy of <paramref name="bytes"/>; lost where there is no memory for it.</summary>
    public KeptReply Keep(ReadOnlySpan<byte> bytes, int rank)
    {
        var kept = Take();
        kept.Rank = rank;
        if (!kept.TryHold(bytes) && !TryCopy(bytes, kept.Pages))
        {
            kept.Pages.Release();
            kept.IsLost = true;
        }

        return kept;
    }

    /// <summary>Adds bytes to what an object keeps.</summary>
    /// <returns>False: memory is spent.</returns>
    public bool TryAppend(KeptReply kept, ReadOnlySpan<byte> bytes) =>
        (kept.Pages.IsEmpty && kept.TryHold(bytes)) || TryCopy(bytes, kept.Pages);

    /// <summary>Copies bytes behind what a chain holds.</summary>
    /// <returns>False: memory is spent; a part may have been copied.</returns>
    public bool TryCopy(ReadOnlySpan<byte> bytes, PageChain to)
    {
        while (true)
        {
            bytes = bytes[to.Write(bytes)..];
            if (bytes.IsEmpty)
                return true;
            if (!TryRent(bytes.Length, to.IsEmpty, out var page))
                return false;
            to.Add(page);
        }
    }

    private bool TryRent(int bytes, bool first, out Page page)
    {
        var size = first && bytes <= PagePool.SmallPageBytes / 2 ? PageSize.Small : PageSize.Large;
        do
        {
            if (pool.TryRent(size, MemoryShare.Replies, out page!))
                return true;
        }
        while (relieve());
        return false;
    }
}
