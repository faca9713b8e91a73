namespace Dynode.Log;

/// <summary>
/// Pages in a row that somebody fills and that a log may adopt whole, or that are given back: a request on its way in, a
/// reply on its way out. Each page is held once, by the chain. Not thread-safe.
/// </summary>
public sealed class PageChain
{
    /// <summary>What one page of a chain takes: a large page, but for the boundary that it may begin with.</summary>
    public const int PageBytesMax = PagePool.LargePageBytes - Page.BoundaryBytes;

    private Page? _last;

    /// <summary>Written, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Capacity of all pages, in bytes.</summary>
    public long PageBytes { get; private set; }

    /// <summary>Nothing is in it.</summary>
    public bool IsEmpty => First is null;

    /// <summary>Room behind the last byte, in the last page.</summary>
    public Memory<byte> Room => _last is { } last ? last.Bytes.Slice(last.Written, last.Room) : default;

    /// <summary>The last page: an operation that fills <see cref="Room"/> and outlives its call holds it itself.</summary>
    public Page Last => _last ?? throw new InvalidOperationException("An empty chain has no last page.");

    /// <summary>What the first page holds: where a request's names are.</summary>
    public ReadOnlyMemory<byte> Head => First is { } first ? first.Bytes[..first.Written] : default;

    /// <summary>The last <paramref name="count"/> bytes of the last page.</summary>
    public ReadOnlySpan<byte> Tail(int count) => Last.Span[(Last.Written - count)..Last.Written];

    internal Page? First { get; private set; }

    /// <summary>Takes over the caller's hold on an empty page.</summary>
    public void Add(Page page)
    {
        if (_last is { } last)
            last.Next = page;
        else
            First = page;
        _last = page;
        PageBytes += page.Capacity;
    }

    /// <summary>Bytes have been written to <see cref="Room"/>.</summary>
    public void Advance(int count)
    {
        Last.Write(count, boundary: false);
        Length += count;
    }

    /// <summary>Copies as much as fits into <see cref="Room"/>.</summary>
    /// <returns>How much that was.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (_last is not { } last)
            return 0;
        int count = Math.Min(last.Room, bytes.Length);
        if (count == 0)
            return 0;
        bytes[..count].CopyTo(last.Span[last.Written..]);
        Advance(count);
        return count;
    }

    /// <summary>Copies what stands from an offset on, as far as it goes.</summary>
    /// <returns>How much that was.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        int count = 0;
        for (var page = First; page is not null && count < destination.Length; page = page.Next)
        {
            if (offset >= page.Written)
            {
                offset -= page.Written;
                continue;
            }

            int part = (int)Math.Min(page.Written - offset, destination.Length - count);
            page.Span.Slice((int)offset, part).CopyTo(destination[count..]);
            count += part;
            offset = 0;
        }

        return count;
    }

    /// <summary>Takes the last <paramref name="count"/> bytes of the last page out again.</summary>
    public void TakeBack(int count)
    {
        Last.Unwrite(count);
        Length -= count;
    }

    /// <summary>Leaves <paramref name="count"/> bytes from <paramref name="offset"/> on out of the first page.</summary>
    public void Cut(int offset, int count)
    {
        var first = First!;
        first.Bytes[(offset + count)..first.Written].CopyTo(first.Bytes[offset..]);
        first.Unwrite(count);
        Length -= count;
    }

    /// <summary>Moves all pages of <paramref name="other"/> behind this chain's; the other is empty then.</summary>
    public void Append(PageChain other)
    {
        if (other.First is not { } first)
            return;
        if (_last is { } last)
            last.Next = first;
        else
            First = first;
        _last = other._last;
        Length += other.Length;
        PageBytes += other.PageBytes;
        other.Forget();
    }

    /// <summary>The first page's bytes, for whoever takes them from the front.</summary>
    /// <returns>False: the chain is empty.</returns>
    public bool TryPeek(out ReadOnlyMemory<byte> bytes, out Page page)
    {
        page = First!;
        bytes = Head;
        return First is not null;
    }

    /// <summary>Walks through the chain: what the page behind another holds, or the first.</summary>
    /// <param name="page">Null: before the first. From now on the page that holds the bytes; they last as long as the chain holds it.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>False: that was the last one.</returns>
    public bool TryNext(ref Page? page, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if ((page is null ? First : page.Next) is not { } next)
            return false;
        page = next;
        bytes = next.Bytes[..next.Written];
        return true;
    }

    /// <summary>Gives the first page back.</summary>
    public void RemoveFirst()
    {
        var first = First ?? throw new InvalidOperationException("An empty chain has no first page.");
        First = first.Next;
        if (First is null)
            _last = null;
        Length -= first.Written;
        PageBytes -= first.Capacity;
        first.Next = null;
        first.Release();
    }

    /// <summary>Gives all pages back but the first, which somebody still reads from.</summary>
    /// <returns>False: there was no other.</returns>
    public bool TryReleaseRest()
    {
        if (First is not { Next: { } rest } first)
            return false;
        first.Next = null;
        _last = first;
        Length = first.Written;
        PageBytes = first.Capacity;
        for (Page? page = rest, next; page is not null; page = next)
        {
            next = page.Next;
            page.Next = null;
            page.Release();
        }

        return true;
    }

    /// <summary>Gives all pages back.</summary>
    public void Release()
    {
        while (First is not null)
            RemoveFirst();
    }

    /// <summary>They are somebody else's now.</summary>
    internal void Forget()
    {
        First = null;
        _last = null;
        Length = 0;
        PageBytes = 0;
    }
}
