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
/// a hundred, and a page goes back to its pool with the last to leave, whoever that is. How the writer goes from page to page is
/// <see cref="LogTail"/>'s affair, what a cursor finds in them, and where it goes on, <see cref="LogCursor"/>'s.
/// <para>
/// Positions count bytes since the log began and never wrap. A boundary is where a request (raw: a burst) begins.
/// The log is not thread-safe: its owner serialises all calls (raw: the session's turn; framed: the listener's lock). Only
/// pages, for operations in flight, may be released from elsewhere.
/// </para>
/// </summary>
public sealed class FanOutLog(PagePool pool)
{
    private LogTail _tail = new(pool);

    /// <summary>The position behind the last byte: how many bytes were ever appended.</summary>
    public long Tail => _tail.Position;

    /// <summary>How many boundaries were ever appended: the number that the next one gets.</summary>
    public long Boundaries => _tail.Boundaries;

    /// <summary>The first request gets this number: the log goes on where another one ended.</summary>
    /// <exception cref="InvalidOperationException">Something was appended already.</exception>
    public void BeginAt(long number) => _tail.BeginAt(number);

    /// <summary>What the owner has in force for the next request (redis: the database); each page notes it at its first boundary.</summary>
    public int Context
    {
        get => _tail.Context;
        set => _tail.Context = value;
    }

    /// <summary>Cursors that joined and did not leave.</summary>
    public int CursorCount => _tail.CursorCount;

    /// <summary>Bytes that the slowest cursor still holds; 0 without cursors.</summary>
    public long Backlog => Tail - _tail.Slowest;

    /// <summary>Room at the tail to receive into, until the next <see cref="Commit"/>.</summary>
    /// <param name="size">What to open should the tail page have too little room left (less than half).</param>
    /// <param name="room">At least one byte; it belongs to the caller until it commits.</param>
    /// <param name="page">The page of <paramref name="room"/>: an operation that outlives this call holds it itself.</param>
    /// <param name="wait">Whose turn it must be for a page; null: nobody waits in turn. It stands in the queue while there is no room without one.</param>
    /// <returns>False: no page could be rented.</returns>
    public bool TryReserve(PageSize size, out Memory<byte> room, out Page page, PageWait? wait = null)
    {
        if (_tail.Page is { } tail)
        {
            // Half a page of room keeps most bursts whole on one page, where a lost connection can begin them again.
            if (tail.Room < tail.Capacity / 2 || (size == PageSize.Large && tail.Capacity == PagePool.SmallPageBytes))
                _tail.Rewind(tail);
            bool fits = tail.Room >= tail.Capacity / 2 && (size == PageSize.Small || tail.Capacity > PagePool.SmallPageBytes);
            if (!fits && !_tail.TryOpen(size, orSmall: true, wait, stands: tail.Room == 0) && tail.Room == 0)
            {
                room = default;
                page = tail;
                return false;
            }
        }
        else if (!_tail.TryOpen(size, orSmall: true, wait, stands: true))
        {
            room = default;
            page = null!;
            return false;
        }

        page = _tail.Page!;
        room = page.Bytes.Slice(page.Written, page.Room);
        return true;
    }

    /// <summary>Appends the first <paramref name="count"/> bytes of the reserved room.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="boundary">A request (raw: a burst) begins with the first of them.</param>
    public void Commit(int count, bool boundary) =>
        _tail.Write(_tail.Page ?? throw new InvalidOperationException("Nothing was reserved."), count, boundary);

    /// <summary>Appends one whole request that fits into a page, in two parts.</summary>
    /// <param name="first">Its first bytes.</param>
    /// <param name="rest">What follows; may be empty. Together at most <see cref="PageChain.PageBytesMax"/> and at least 1.</param>
    /// <param name="tag">The owner's word, kept with the boundary.</param>
    /// <returns>False: no page could be rented; nothing was appended.</returns>
    public bool TryAppend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, uint tag)
    {
        int count = first.Length + rest.Length;
        var tail = _tail.Page;
        if (tail is null || tail.Room < count)
        {
            if (tail is not null)
                _tail.Rewind(tail);
            if ((tail is null || tail.Room < count) && !_tail.TryOpen(PageSize.Large, orSmall: false))
                return false;
            tail = _tail.Page!;
        }

        var room = tail.Span.Slice(tail.Written, count);
        first.CopyTo(room);
        rest.CopyTo(room[first.Length..]);
        _tail.Write(tail, count, boundary: true, tag);
        return true;
    }

    /// <summary>Appends one whole request with the pages that it lies in, without a copy.</summary>
    /// <param name="chain">Not empty; empty afterwards.</param>
    /// <param name="tag">The owner's word, kept with the boundary.</param>
    /// <returns>False: backlogs have spent their share of the memory; nothing was appended.</returns>
    public bool TryAdopt(PageChain chain, uint tag)
    {
        var first = chain.First ?? throw new InvalidOperationException("An empty chain is no request.");
        if (!pool.TryMove(chain, MemoryShare.Backlog))
            return false;
        long end = Tail + chain.Length;
        chain.Forget();
        _tail.Adopt(first, tag);
        Debug.Assert(Tail == end, "a chain is as long as its pages");
        return true;
    }

    /// <summary>No more will be appended: the tail page stays only as long as cursors need it.</summary>
    public void Complete() => _tail.Complete();

    /// <summary>Gives back a large tail page that holds nothing anybody needs: the writer has become quiet, and its next reserve may ask for a small one.</summary>
    public void Rest()
    {
        if (_tail.Page is { Capacity: > PagePool.SmallPageBytes } && Backlog == 0)
            Complete();
    }

    /// <summary>A new cursor at the tail. In mid-request it awaits a boundary: it has not seen how the request began.</summary>
    /// <param name="awaitBoundary">False only for one that may begin right here, as at the log's first byte.</param>
    public LogCursor Join(bool awaitBoundary) => _tail.Join(awaitBoundary);

    /// <summary>Ends a cursor: everything it held may go.</summary>
    public void Leave(LogCursor cursor) => _tail.Leave(cursor);

    /// <summary>The contiguous bytes at the cursor, up to the end of their page. An operation that outlives this call holds the page itself.</summary>
    /// <returns>False: the cursor is at the tail.</returns>
    public static bool TryRead(LogCursor cursor, out ReadOnlyMemory<byte> bytes, out Page page) => cursor.TryRead(out bytes, out page);

    /// <summary>Lets go of <paramref name="count"/> bytes: sent (raw) or answered (framed).</summary>
    public void Advance(LogCursor cursor, long count)
    {
        Debug.Assert(cursor.Position + count <= Tail, "a cursor cannot pass the tail");
        cursor.MoveTo(cursor.Position + count);
    }

    /// <summary>Whether a request begins at the cursor. At the tail nobody knows yet: false.</summary>
    public static bool IsAtBoundary(LogCursor cursor) => cursor.IsAtBoundary;

    /// <summary>The number of the first request that begins at a position, or behind it.</summary>
    /// <param name="cursor">Holds everything from there on.</param>
    /// <param name="position">At or behind the cursor's.</param>
    public long NumberAt(LogCursor cursor, long position) =>
        position < Tail && cursor.FindBoundary(position, out var page) is >= 0 and var index ? page.FirstBoundaryNumber + index : Boundaries;

    /// <summary>The first boundary at or behind a position; with none ahead, the tail.</summary>
    /// <param name="cursor">Holds everything from there on.</param>
    /// <param name="position">At or behind the cursor's.</param>
    public long BoundaryAt(LogCursor cursor, long position) =>
        cursor.FindBoundary(position, out var page) is >= 0 and var index ? page.Start + page.BoundaryOffset(index) : Tail;

    /// <summary>What was in force at the first boundary of the cursor's page, where reading on to the cursor may begin.</summary>
    /// <param name="cursor">On a boundary, not at the tail.</param>
    /// <param name="scan">At that first boundary.</param>
    public static int ContextAt(LogCursor cursor, out LogScan scan)
    {
        var page = cursor.Page ?? throw new InvalidOperationException("At the tail nothing was noted.");
        scan = new LogScan(page, page.Start + page.BoundaryOffset(0), page.FirstBoundaryNumber);
        return page.Context;
    }

    /// <summary>Drops the oldest of what a cursor holds: up to the next boundary, or all of it where none is ahead.</summary>
    public LogDrop DropOldest(LogCursor cursor) => cursor.DropOldest(Tail);

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
    public LogResume Resume(LogCursor cursor) => cursor.Resume(Tail);
}
