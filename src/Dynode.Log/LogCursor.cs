namespace Dynode.Log;

/// <summary>
/// What one consumer of a log still needs: everything from <see cref="Position"/> on. Raw: held = sent; framed: held =
/// answered. It holds the pages from there to the tail, and knows where in them requests begin; where it goes when it cannot go on
/// there is decided here too. Moved only by the log it joined, under that log's owner.
/// </summary>
public sealed class LogCursor
{
    internal LogCursor(long position, Page? page)
    {
        Position = position;
        Page = page;
    }

    /// <summary>The position in the log of the first byte that is held.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// The consumer cannot begin at <see cref="Position"/>: it joined, or lost bytes, inside a request whose end has not
    /// been seen. It goes on at the next boundary.
    /// </summary>
    public bool AwaitsBoundary { get; internal set; }

    /// <summary>Where the page ends that it holds first: from there on it holds one page less.</summary>
    public long PageEnd => Page?.End ?? Position;

    /// <summary>The page of <see cref="Position"/>; null where no page has been opened there yet.</summary>
    internal Page? Page { get; set; }

    /// <summary>A request begins here. At the tail nobody knows yet: false.</summary>
    internal bool IsAtBoundary =>
        Page is { } page
        && page.BoundariesBefore(OffsetInPage) is var index
        && index < page.BoundaryCount
        && page.BoundaryOffset(index) == OffsetInPage;

    private int OffsetInPage => Page is null ? 0 : (int)(Position - Page.Start);

    internal bool TryRead(out ReadOnlyMemory<byte> bytes, out Page page)
    {
        if (Page is { } held && Position < held.End)
        {
            page = held;
            bytes = held.Bytes[OffsetInPage..held.Written];
            return true;
        }

        page = null!;
        bytes = default;
        return false;
    }

    /// <summary>Leaves what lies before a position, and the pages that end there and get no more.</summary>
    internal void MoveTo(long position)
    {
        Position = position;
        while (Page is { Closed: true } page && position >= page.End)
        {
            Page = page.Next;
            page.Release();
        }
    }

    /// <summary>Leaves every page.</summary>
    internal void Release()
    {
        for (var page = Page; page is not null;)
        {
            var next = page.Next;
            page.Release();
            page = next;
        }

        Page = null;
    }

    /// <summary>Finds the first request that begins at a position, or behind it.</summary>
    /// <param name="position">At or behind the cursor's.</param>
    /// <param name="page">Where it begins.</param>
    /// <returns>Which of the page's boundaries it is; -1: none is there yet.</returns>
    internal int FindBoundary(long position, out Page page)
    {
        for (var at = Page; at is not null; at = at.Next)
        {
            // Each byte belongs to a request, so none begins on a page that ends before.
            if (position >= at.End)
                continue;
            int index = position <= at.Start ? 0 : at.BoundariesBefore((int)(position - at.Start));
            if (index < at.BoundaryCount)
            {
                page = at;
                return index;
            }
        }

        page = null!;
        return -1;
    }

    /// <inheritdoc cref="FanOutLog.DropOldest"/>
    internal LogDrop DropOldest(long tail)
    {
        if (Position == tail)
            return default;
        bool countedBefore = AwaitsBoundary && !IsAtBoundary;
        long from = Position;
        int next = FindBoundary(from + 1, out var page);
        MoveTo(next >= 0 ? page.Start + page.BoundaryOffset(next) : tail);
        AwaitsBoundary = next < 0;

        // What lies between is at most one request, and the rest of one that a drop before has counted is none.
        return new LogDrop(Position - from, countedBefore ? 0 : 1);
    }

    /// <inheritdoc cref="FanOutLog.Resume"/>
    internal LogResume Resume(long tail)
    {
        if (Position == tail)
            return default;
        if (IsAtBoundary)
        {
            AwaitsBoundary = false;
            return new LogResume(true, 0, default);
        }

        if (!AwaitsBoundary && Page is { } page)
        {
            int before = page.BoundariesBefore(OffsetInPage);
            if (before > 0)
            {
                long start = page.Start + page.BoundaryOffset(before - 1);
                long repeated = Position - start;
                Position = start;
                return new LogResume(true, repeated, default);
            }
        }

        var dropped = DropOldest(tail);
        return new LogResume(!AwaitsBoundary, 0, dropped);
    }
}
