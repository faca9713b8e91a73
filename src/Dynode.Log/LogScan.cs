namespace Dynode.Log;

/// <summary>One request in a log.</summary>
/// <param name="Number">Its number: 0 for the log's first.</param>
/// <param name="Tag">The owner's word.</param>
/// <param name="Start">The position of its first byte.</param>
/// <param name="End">The position behind its last byte.</param>
public readonly record struct LogEntry(long Number, uint Tag, long Start, long End)
{
    /// <summary>In bytes.</summary>
    public long Length => End - Start;
}

/// <summary>
/// A place in a log of whole requests, ahead of a cursor that holds everything from there on: what has been sent, or what is
/// answered next. It holds nothing itself and dies with its connection. Owned as its log is.
/// </summary>
public struct LogScan
{
    private Page? _page;

    internal LogScan(Page? page, long position, long number)
    {
        _page = page;
        Position = position;
        Number = number;
    }

    /// <summary>Where it stands.</summary>
    public long Position { get; private set; }

    /// <summary>The number of the request that begins at, or is the first to begin behind, <see cref="Position"/>.</summary>
    public long Number { get; private set; }

    /// <summary>Where <paramref name="cursor"/> stands: on a boundary, or at the tail.</summary>
    public static LogScan At(FanOutLog log, LogCursor cursor) => new(cursor.Page, cursor.Position, log.NumberAt(cursor, cursor.Position));

    /// <summary>The request that begins here.</summary>
    /// <param name="log">The log.</param>
    /// <param name="cursor">Holds everything from here on.</param>
    /// <param name="entry">It.</param>
    /// <returns>False: at the tail.</returns>
    public bool TryPeek(FanOutLog log, LogCursor cursor, out LogEntry entry)
    {
        if (!TryFindPage(log, cursor, out var page))
        {
            entry = default;
            return false;
        }

        int index = (int)(Number - page.FirstBoundaryNumber);
        entry = new LogEntry(Number, page.Tag(index), Position, EndOf(page, index));
        return true;
    }

    /// <summary>
    /// How many requests in a row, from here on, have a tag and end at or before a position; looked for only as far as the next one
    /// begins on the same page.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <param name="cursor">Holds everything from here on.</param>
    /// <param name="tag">The owner's word.</param>
    /// <param name="limit">The position.</param>
    /// <param name="max">No more are counted.</param>
    public int CountAlike(FanOutLog log, LogCursor cursor, uint tag, long limit, int max)
    {
        if (!TryFindPage(log, cursor, out var page))
            return 0;
        int first = (int)(Number - page.FirstBoundaryNumber);
        int count = 0;
        max = Math.Min(max, page.BoundaryCount - 1 - first);
        while (count < max && page.Tag(first + count) == tag && page.Start + page.BoundaryOffset(first + count + 1) <= limit)
            count++;
        return count;
    }

    /// <summary>Goes on behind so many of those that <see cref="CountAlike"/> has counted.</summary>
    public void Pass(int count)
    {
        if (count == 0)
            return;
        Number += count;
        Position = _page!.Start + _page.BoundaryOffset((int)(Number - _page.FirstBoundaryNumber));
    }

    /// <summary>The contiguous bytes from here to the end of their page. An operation that outlives this call holds the page itself.</summary>
    /// <returns>False: at the tail.</returns>
    public bool TryRead(FanOutLog log, LogCursor cursor, out ReadOnlyMemory<byte> bytes, out Page page)
    {
        if (!TryFindPage(log, cursor, out page))
        {
            bytes = default;
            return false;
        }

        bytes = page.Bytes[(int)(Position - page.Start)..page.Written];
        return true;
    }

    /// <summary>Goes on behind <paramref name="entry"/>, which begins here.</summary>
    public void Pass(in LogEntry entry)
    {
        Position = entry.End;
        Number = entry.Number + 1;
    }

    /// <summary>Goes on by bytes alone; <see cref="Number"/> is of no meaning any more.</summary>
    public void Skip(int count) => Position += count;

    private bool TryFindPage(FanOutLog log, LogCursor cursor, out Page page)
    {
        long position = Position;
        page = null!;
        if (position == log.Tail)
        {
            _page = null;
            return false;
        }

        // Nothing behind the cursor is held, so a page is remembered only while the cursor has not passed it.
        if (_page is null || position <= cursor.Position)
            _page = cursor.Page;
        while (_page is { } at && position >= at.End)
            _page = at.Next;
        page = _page ?? throw new InvalidOperationException("The cursor is ahead of what it holds for others.");
        return true;
    }

    private static long EndOf(Page page, int index)
    {
        if (index + 1 < page.BoundaryCount)
            return page.Start + page.BoundaryOffset(index + 1);
        long end = page.End;
        for (var next = page.Next; next is not null; next = next.Next)
        {
            if (next.BoundaryCount > 0)
                return next.Start + next.BoundaryOffset(0);
            end = next.End;
        }

        return end;
    }
}
