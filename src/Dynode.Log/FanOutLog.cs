using System.Diagnostics;

namespace Dynode.Log;

/// <summary>
/// The append-only log that is the fan-out: one writer, any number of cursors, the bytes once.
/// <code>
///   cursor of a slow backend      cursors of current backends
///            ▼                               ▼
///   ┌─ page ───────┐   ┌─ page ───────┐   ┌─ tail page ──┐
///   │ ░░░░│▓▓▓▓▓▓▓ │──▶│ ▓▓▓▓▓▓▓▓▓▓▓▓ │──▶│ ▓▓▓▓▓▓│ room │ ◀ the writer: <see cref="TryReserve"/>, <see cref="Commit"/>
///   └──────────────┘   └──────────────┘   └──────────────┘
///   held by: 1 cursor    1 cursor           3 cursors and the writer
/// </code>
/// A page is held by the writer and by each cursor that has not left it, so appending costs the same for one cursor as for
/// a hundred, and a page goes back to its pool with the last to leave, whoever that is.
/// <para>
/// Positions count bytes since the log began and never wrap. A boundary is where a request (raw: a burst) begins.
/// The log is not thread-safe: its owner serialises all calls (raw: the session's turn; framed: the listener's lock). Only
/// pages, for operations in flight, may be released from elsewhere.
/// </para>
/// </summary>
public sealed class FanOutLog(PagePool pool)
{
    private readonly List<LogCursor> _cursors = [];
    private Page? _tail;

    /// <summary>The position behind the last byte: how many bytes were ever appended.</summary>
    public long Tail { get; private set; }

    /// <summary>How many boundaries were ever appended: the number that the next one gets.</summary>
    public long Boundaries { get; private set; }

    /// <summary>What the owner has in force for the next request (redis: the database); each page notes it at its first boundary.</summary>
    public int Context { get; set; }

    /// <summary>Cursors that joined and did not leave.</summary>
    public int CursorCount => _cursors.Count;

    /// <summary>Bytes that the slowest cursor still holds; 0 without cursors.</summary>
    public long Backlog
    {
        get
        {
            long slowest = Tail;
            foreach (var cursor in _cursors)
                slowest = Math.Min(slowest, cursor.Position);
            return Tail - slowest;
        }
    }

    /// <summary>Room at the tail to receive into, until the next <see cref="Commit"/>.</summary>
    /// <param name="size">What to open should the tail page have too little room left (less than half).</param>
    /// <param name="room">At least one byte; it belongs to the caller until it commits.</param>
    /// <param name="page">The page of <paramref name="room"/>: an operation that outlives this call holds it itself.</param>
    /// <returns>False: no page could be rented.</returns>
    public bool TryReserve(PageSize size, out Memory<byte> room, out Page page)
    {
        if (_tail is { } tail)
        {
            // Half a page of room keeps most bursts whole on one page, where a lost connection can begin them again.
            if (tail.Room < tail.Capacity / 2 || (size == PageSize.Large && tail.Capacity == PagePool.SmallPageBytes))
                Rewind(tail);
            bool fits = tail.Room >= tail.Capacity / 2 && (size == PageSize.Small || tail.Capacity > PagePool.SmallPageBytes);
            if (!fits && !TryOpen(size) && tail.Room == 0)
            {
                room = default;
                page = tail;
                return false;
            }
        }
        else if (!TryOpen(size))
        {
            room = default;
            page = null!;
            return false;
        }

        page = _tail!;
        room = page.Bytes.Slice(page.Written, page.Room);
        return true;
    }

    /// <summary>Appends the first <paramref name="count"/> bytes of the reserved room.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="boundary">A request (raw: a burst) begins with the first of them.</param>
    public void Commit(int count, bool boundary)
    {
        var tail = _tail ?? throw new InvalidOperationException("Nothing was reserved.");
        if (boundary)
            Begin(tail);
        tail.Write(count, boundary);
        Tail += count;
    }

    /// <summary>Appends one whole request that fits into a page, in two parts.</summary>
    /// <param name="first">Its first bytes.</param>
    /// <param name="rest">What follows; may be empty. Together at most <see cref="PageChain.PageBytesMax"/> and at least 1.</param>
    /// <param name="tag">The owner's word, kept with the boundary.</param>
    /// <returns>False: no page could be rented; nothing was appended.</returns>
    public bool TryAppend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, uint tag)
    {
        int count = first.Length + rest.Length;
        if (_tail is { } full && full.Room < count)
            Rewind(full);
        if ((_tail is null || _tail.Room < count) && !TryOpen(PageSize.Large, orSmall: false))
            return false;
        var tail = _tail!;
        var room = tail.Span.Slice(tail.Written, count);
        first.CopyTo(room);
        rest.CopyTo(room[first.Length..]);
        Begin(tail);
        tail.Write(count, boundary: true, tag);
        Tail += count;
        return true;
    }

    /// <summary>Appends one whole request with the pages that it lies in, without a copy.</summary>
    /// <param name="chain">Not empty; empty afterwards.</param>
    /// <param name="tag">The owner's word, kept with the boundary.</param>
    /// <returns>False: backlogs have spent their share of the memory; nothing was appended.</returns>
    public bool TryAdopt(PageChain chain, uint tag)
    {
        var page = chain.First ?? throw new InvalidOperationException("An empty chain is no request.");
        if (!pool.TryMove(chain, MemoryShare.Backlog))
            return false;
        long length = chain.Length;
        chain.Forget();
        Begin(page);
        page.Mark(0, tag);
        while (page is not null)
        {
            var next = page.Next;
            page.Next = null;
            page.Start = Tail;
            Link(page);
            Tail += page.Written;
            length -= page.Written;
            page = next;
        }

        Debug.Assert(length == 0, "a chain is as long as its pages");
        return true;
    }

    /// <summary>The number of the first request that begins at a position, or behind it.</summary>
    /// <param name="cursor">Holds everything from there on.</param>
    /// <param name="position">At or behind the cursor's.</param>
    public long NumberAt(LogCursor cursor, long position)
    {
        for (var page = cursor.Page; page is not null; page = page.Next)
        {
            int index = position <= page.Start ? 0 : page.BoundariesBefore((int)Math.Min(position - page.Start, page.Capacity));
            if (index < page.BoundaryCount)
                return page.FirstBoundaryNumber + index;
        }

        return Boundaries;
    }

    /// <summary>The first boundary at or behind a position; with none ahead, the tail.</summary>
    /// <param name="cursor">Holds everything from there on.</param>
    /// <param name="position">At or behind the cursor's.</param>
    public long BoundaryAt(LogCursor cursor, long position) => TryFindBoundary(cursor, position, out long boundary) ? boundary : Tail;

    /// <summary>What was in force at the first boundary of the cursor's page, where reading on to the cursor may begin.</summary>
    /// <param name="cursor">On a boundary, not at the tail.</param>
    /// <param name="scan">At that first boundary.</param>
    public static int ContextAt(LogCursor cursor, out LogScan scan)
    {
        var page = cursor.Page ?? throw new InvalidOperationException("At the tail nothing was noted.");
        scan = new LogScan(page, page.Start + page.BoundaryOffset(0), page.FirstBoundaryNumber);
        return page.Context;
    }

    /// <summary>No more will be appended: the tail page stays only as long as cursors need it.</summary>
    public void Complete()
    {
        if (_tail is not { } tail)
            return;
        _tail = null;
        Close(tail);
    }

    /// <summary>Gives back a large tail page that holds nothing anybody needs: the writer has become quiet, and its next reserve may ask for a small one.</summary>
    public void Rest()
    {
        if (_tail is { Capacity: > PagePool.SmallPageBytes } && Backlog == 0)
            Complete();
    }

    /// <summary>A new cursor at the tail. In mid-request it awaits a boundary: it has not seen how the request began.</summary>
    /// <param name="awaitBoundary">False only for one that may begin right here, as at the log's first byte.</param>
    public LogCursor Join(bool awaitBoundary)
    {
        _tail?.AddRef();
        var cursor = new LogCursor(Tail, _tail) { AwaitsBoundary = awaitBoundary };
        _cursors.Add(cursor);
        return cursor;
    }

    /// <summary>Ends a cursor: everything it held may go.</summary>
    public void Leave(LogCursor cursor)
    {
        if (!_cursors.Remove(cursor))
            throw new InvalidOperationException("The cursor is not of this log.");
        for (var page = cursor.Page; page is not null;)
        {
            var next = page.Next;
            page.Release();
            page = next;
        }

        cursor.Page = null;
    }

    /// <summary>The contiguous bytes at the cursor, up to the end of their page. An operation that outlives this call holds the page itself.</summary>
    /// <returns>False: the cursor is at the tail.</returns>
    public static bool TryRead(LogCursor cursor, out ReadOnlyMemory<byte> bytes, out Page page)
    {
        if (cursor.Page is { } held && cursor.Position < held.End)
        {
            page = held;
            bytes = held.Bytes[cursor.OffsetInPage..held.Written];
            return true;
        }

        page = null!;
        bytes = default;
        return false;
    }

    /// <summary>Lets go of <paramref name="count"/> bytes: sent (raw) or answered (framed).</summary>
    public void Advance(LogCursor cursor, long count)
    {
        Debug.Assert(cursor.Position + count <= Tail, "a cursor cannot pass the tail");
        MoveTo(cursor, cursor.Position + count);
    }

    /// <summary>Whether a request begins at the cursor. At the tail nobody knows yet: false.</summary>
    public static bool IsAtBoundary(LogCursor cursor) =>
        cursor.Page is { } page
        && page.BoundariesBefore(cursor.OffsetInPage) is var index
        && index < page.BoundaryCount
        && page.BoundaryOffset(index) == cursor.OffsetInPage;

    /// <summary>Drops the oldest of what a cursor holds: up to the next boundary, or all of it where none is ahead.</summary>
    public LogDrop DropOldest(LogCursor cursor)
    {
        if (cursor.Position == Tail)
            return default;
        bool countedBefore = cursor.AwaitsBoundary && !IsAtBoundary(cursor);
        long from = cursor.Position;
        bool found = TryFindBoundary(cursor, from + 1, out long boundary);
        MoveTo(cursor, found ? boundary : Tail);
        cursor.AwaitsBoundary = !found;

        // What lies between is at most one request, and the rest of one that a drop before has counted is none.
        return new LogDrop(cursor.Position - from, countedBefore ? 0 : 1);
    }

    /// <summary>Everything that a cursor holds, dropped; it goes on with the next request.</summary>
    public LogDrop DropAll(LogCursor cursor)
    {
        LogDrop all = default;
        while (cursor.Position < Tail)
            all += DropOldest(cursor);
        return all;
    }

    /// <summary>
    /// Places a cursor where a connection that knows nothing of the ones before it can begin: where it stands if that is a
    /// boundary; else at the start of that request if it lies on the same page; else at the next boundary; with none ahead,
    /// nowhere yet.
    /// </summary>
    public LogResume Resume(LogCursor cursor)
    {
        if (cursor.Position == Tail)
            return default;
        if (IsAtBoundary(cursor))
        {
            cursor.AwaitsBoundary = false;
            return new LogResume(true, 0, default);
        }

        if (!cursor.AwaitsBoundary && cursor.Page is { } page)
        {
            int before = page.BoundariesBefore(cursor.OffsetInPage);
            if (before > 0)
            {
                long start = page.Start + page.BoundaryOffset(before - 1);
                long repeated = cursor.Position - start;
                cursor.Position = start;
                return new LogResume(true, repeated, default);
            }
        }

        var dropped = DropOldest(cursor);
        return new LogResume(!cursor.AwaitsBoundary, 0, dropped);
    }

    private static bool TryFindBoundary(LogCursor cursor, long from, out long boundary)
    {
        for (var page = cursor.Page; page is not null; page = page.Next)
        {
            int index = from <= page.Start ? 0 : page.BoundariesBefore((int)Math.Min(from - page.Start, page.Capacity));
            if (index < page.BoundaryCount)
            {
                boundary = page.Start + page.BoundaryOffset(index);
                return true;
            }
        }

        boundary = 0;
        return false;
    }

    private static void MoveTo(LogCursor cursor, long position)
    {
        cursor.Position = position;
        while (cursor.Page is { Closed: true } page && position >= page.End)
        {
            cursor.Page = page.Next;
            page.Release();
        }
    }

    /// <summary>A tail page that everybody has read to its end is written again from its first byte: warm in the cache, and no page more.</summary>
    private void Rewind(Page tail)
    {
        if (tail.Written == 0 || tail.References != _cursors.Count + 1)
            return;
        foreach (var cursor in _cursors)
        {
            if (cursor.Position != Tail)
                return;
        }

        tail.Reset();
        tail.Start = Tail;
    }

    /// <summary>The next request begins on <paramref name="page"/>.</summary>
    private void Begin(Page page)
    {
        if (page.BoundaryCount == 0)
        {
            page.FirstBoundaryNumber = Boundaries;
            page.Context = Context;
        }

        Boundaries++;
    }

    private bool TryOpen(PageSize size, bool orSmall = true)
    {
        if (!pool.TryRent(size, MemoryShare.Backlog, out var page)
            && (!orSmall || size == PageSize.Small || !pool.TryRent(PageSize.Small, MemoryShare.Backlog, out page)))
        {
            return false;
        }

        page.Start = Tail;
        Link(page);
        return true;
    }

    /// <summary>Makes a page, held once, the tail.</summary>
    private void Link(Page page)
    {
        if (_cursors.Count > 0)
            page.AddRefs(_cursors.Count);
        foreach (var cursor in _cursors)
            cursor.Page ??= page;
        if (_tail is { } last)
        {
            last.Next = page;
            Close(last);
        }

        _tail = page;
    }

    /// <summary>The writer leaves a page, and with it every cursor that has read it to its end.</summary>
    private void Close(Page page)
    {
        page.Closed = true;
        foreach (var cursor in _cursors)
        {
            if (cursor.Page == page)
                MoveTo(cursor, cursor.Position);
        }

        page.Release();
    }
}
