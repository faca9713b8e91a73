using System.Diagnostics.CodeAnalysis;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Where replies that must wait get their memory: pages of the replies' share, and <see cref="KeptReply"/> objects that are used
/// again. In turns only.
/// <code>
///   what is kept     until it is decided, and until its client's earlier ones are: pages of about its own size
///   what is untaken  given to its client, and not to the kernel yet: pages that many answers share
/// </code>
/// What is kept never closes a client that takes what it gets: a reply that finds no memory is lost, and its request is told so. What is
/// a client's own must not be lost: there, in the end, who has most of it untaken is closed.
/// </summary>
/// <param name="pool">Of all pages.</param>
/// <param name="relief">Who gives pages of that share back.</param>
internal sealed class ReplyMemory(PagePool pool, IReplyRelief relief)
{
    /// <summary>Objects that are kept for reuse while there is traffic: enough for a full ring of requests.</summary>
    private const int SpareMax = 64 << 10;

    /// <summary>And while there is none.</summary>
    private const int SpareLeast = 256;

    /// <summary>Kept bytes that are sent with others, in a copy, rather than from where they lie: a send costs more than that.</summary>
    private const int CopyMax = 4 << 10;

    private readonly Stack<PageChain> _chains = new();
    private KeptReply? _spare;
    private int _spares;

    /// <summary>Objects that somebody has: 0 when everything has ended, or there is a leak.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Pages of what is kept, in bytes.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>A quarter of the share is kept, or three quarters are spent in all: servers are read no further ahead of each other.</summary>
    public bool KeepsMuch
    {
        get
        {
            long quarter = pool.ShareBytesMax(MemoryShare.Replies) / 4;
            return KeptBytes > quarter || pool.LentBytes(MemoryShare.Replies) > 3 * quarter;
        }
    }

    /// <summary>What one client may leave untaken, in bytes, of what <paramref name="max"/> allows: less while clients leave half of the share untaken.</summary>
    public long UntakenMax(long max)
    {
        long share = pool.ShareBytesMax(MemoryShare.Replies);
        return pool.LentBytes(MemoryShare.Replies) - KeptBytes > share / 2 ? Math.Min(max, share / 8) : max;
    }

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
        _chains.TrimExcess();
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

    /// <summary>One that was lost before it was kept.</summary>
    public KeptReply Lost()
    {
        var kept = Take();
        kept.Lose(ReplyLoss.NoMemory);
        return kept;
    }

    /// <summary>Its bytes are done with.</summary>
    public void Give(KeptReply kept)
    {
        KeptBytes -= kept.Pages.PageBytes;
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
        if (!TryKeep(kept, bytes))
            Lose(kept, ReplyLoss.NoMemory);
        return kept;
    }

    /// <summary>Keeps bytes behind what an object keeps, in pages of about their size.</summary>
    /// <returns>False: memory is spent; a part may have been kept.</returns>
    public bool TryKeep(KeptReply kept, ReadOnlySpan<byte> bytes) => TryAdd(kept, bytes, 0);

    /// <summary>The same for what comes bit by bit: in pages that double.</summary>
    public bool TryAppend(KeptReply kept, ReadOnlySpan<byte> bytes) => TryAdd(kept, bytes, kept.Pages.Length);

    /// <summary>What it keeps is gone.</summary>
    public void Lose(KeptReply kept, ReplyLoss loss)
    {
        KeptBytes -= kept.Pages.PageBytes;
        kept.Lose(loss);
    }

    /// <summary>Moves what an object keeps to the end of another.</summary>
    /// <returns>False: memory is spent; nothing was moved.</returns>
    public bool TryMove(KeptReply from, KeptReply to)
    {
        if (!TryKeep(to, from.Bytes))
            return false;
        to.Pages.Append(from.Pages);
        return true;
    }

    /// <summary>What is kept is its client's now; the object is done with.</summary>
    public void Give(KeptReply kept, IAnswered client)
    {
        KeptBytes -= kept.Pages.PageBytes;
        client.Write(kept.Bytes);
        client.Write(kept.Pages);
        KeptBytes += kept.Pages.PageBytes;
        Give(kept);
    }

    /// <summary>Copies bytes behind what a client has untaken, as far as there is memory.</summary>
    /// <returns>How many.</returns>
    public int Copy(ReadOnlySpan<byte> bytes, PageChain to)
    {
        int copied = to.Write(bytes);
        while (copied < bytes.Length && TryRent(bytes.Length - copied, to.IsEmpty, out var page))
        {
            to.Add(page);
            copied += to.Write(bytes[copied..]);
        }

        return copied;
    }

    /// <inheritdoc cref="IReplyRelief.TryRelieve"/>
    public bool TryRelieve(bool evenOfTakers) => relief.TryRelieve(evenOfTakers);

    /// <summary>Moves pages behind what a client has untaken: what is short into those that are there, so that one send takes many.</summary>
    public void Move(PageChain from, PageChain to)
    {
        while (from.Length <= CopyMax && from.TryPeek(out var bytes, out _))
        {
            if (to.Room.Length < bytes.Length)
            {
                if (!TryRent(bytes.Length, to.IsEmpty, out var page))
                    break;
                to.Add(page);
            }

            to.Write(bytes.Span);
            from.RemoveFirst();
        }

        to.Append(from);
    }

    /// <summary>A large one, for as few sends as may be, unless it is to be the only one or memory is scarce.</summary>
    private bool TryRent(int bytes, bool first, [NotNullWhen(true)] out Page? page)
    {
        page = null;
        bool isLarge = !(first && bytes <= PagePool.SmallPageBytes / 2) && !pool.IsTight(MemoryShare.Replies);
        return (isLarge && pool.TryRent(PageSize.Large, MemoryShare.Replies, out page)) || pool.TryRentFor(bytes, MemoryShare.Replies, out page);
    }

    private bool TryAdd(KeptReply kept, ReadOnlySpan<byte> bytes, long least)
    {
        if (kept.Pages.IsEmpty && kept.TryHold(bytes))
            return true;
        while (true)
        {
            bytes = bytes[kept.Pages.Write(bytes)..];
            if (bytes.IsEmpty)
                return true;
            Page? page;
            while (!pool.TryRentFor((int)Math.Max(bytes.Length, Math.Min(least, PagePool.LargePageBytes / 2)), MemoryShare.Replies, out page))
            {
                if (!relief.TryRelieve(evenOfTakers: false))
                    return false;
            }

            kept.Pages.Add(page);
            KeptBytes += page.Capacity;
        }
    }
}
