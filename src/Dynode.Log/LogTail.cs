using System.Diagnostics.CodeAnalysis;

namespace Dynode.Log;

/// <summary>
/// The end of a log that is written: the page that takes the next byte, and the turn from one page to the next, which all cursors
/// take part in.
/// <code>
///          a page is full:  Open, or adopted pages      everybody has read it:  Rewind
///   ┌─ page ───────┐   ┌─ tail page ──┐                 ┌─ tail page ──┐
///   │ ▓▓▓▓▓▓▓▓▓▓▓▓ │──▶│    room      │                 │ ░░░░░│ room  │ ▶ │ room │
///   └──────────────┘   └──────────────┘                 └──────────────┘
///   left by the writer, and by who has read it
/// </code>
/// A part of its <see cref="FanOutLog"/>, and a struct so that it costs no reference more.
/// </summary>
internal struct LogTail(PagePool pool)
{
    private readonly List<LogCursor> _cursors = [];

    /// <summary>Null before the first page, and when nothing more is appended to the last.</summary>
    public Page? Page { get; private set; }

    /// <summary>Behind the last byte.</summary>
    public long Position { get; private set; }

    /// <summary>How many requests were ever begun.</summary>
    public long Boundaries { get; private set; }

    /// <inheritdoc cref="FanOutLog.Context"/>
    public int Context { get; set; }

    /// <summary>Those that joined and did not leave; each holds every page from its own to this one.</summary>
    public readonly int CursorCount => _cursors.Count;

    /// <summary>Where the slowest cursor stands; here without cursors.</summary>
    public readonly long Slowest
    {
        get
        {
            long slowest = Position;
            foreach (var cursor in _cursors)
                slowest = Math.Min(slowest, cursor.Position);
            return slowest;
        }
    }

    /// <inheritdoc cref="FanOutLog.BeginAt"/>
    public void BeginAt(long number)
    {
        if (Position > 0)
            throw new InvalidOperationException("The log has begun.");
        Boundaries = number;
    }

    /// <inheritdoc cref="FanOutLog.Join"/>
    public readonly LogCursor Join(bool awaitBoundary)
    {
        Page?.AddRef();
        var cursor = new LogCursor(Position, Page) { AwaitsBoundary = awaitBoundary };
        _cursors.Add(cursor);
        return cursor;
    }

    /// <inheritdoc cref="FanOutLog.Leave"/>
    public readonly void Leave(LogCursor cursor)
    {
        if (!_cursors.Remove(cursor))
            throw new InvalidOperationException("The cursor is not of this log.");
        cursor.Release();
    }

    /// <summary>What the writer has put into the page's room is in the log from now on.</summary>
    /// <param name="page">The tail page.</param>
    /// <param name="count">In bytes.</param>
    /// <param name="boundary">A request begins with the first of them.</param>
    /// <param name="tag">The owner's word for it.</param>
    public void Write(Page page, int count, bool boundary, uint tag = 0)
    {
        if (boundary)
            Begin(page);
        page.Write(count, boundary, tag);
        Position += count;
    }

    /// <summary>The next request begins on <paramref name="page"/>.</summary>
    public void Begin(Page page)
    {
        if (page.BoundaryCount == 0)
        {
            page.FirstBoundaryNumber = Boundaries;
            page.Context = Context;
        }

        Boundaries++;
    }

    /// <summary>A page that everybody has read to its end is written again from its first byte: warm in the cache, and no page more.</summary>
    public readonly void Rewind(Page page)
    {
        if (page.Written == 0 || page.References != _cursors.Count + 1)
            return;
        foreach (var cursor in _cursors)
        {
            if (cursor.Position != Position)
                return;
        }

        page.Reset();
        page.Start = Position;
    }

    /// <summary>Rents the next page.</summary>
    /// <param name="size">Of it.</param>
    /// <param name="orSmall">A small one will do where there is none.</param>
    /// <param name="wait">Whose turn it must be; null: nobody's.</param>
    /// <param name="stands">It stands in the queue where there is none.</param>
    /// <returns>False: the pool, or the backlogs' share of it, is spent, or others wait.</returns>
    public bool TryOpen(PageSize size, bool orSmall, PageWait? wait = null, bool stands = false)
    {
        if (!TryRent(size, wait, stands, out var page)
            && (!orSmall || size == PageSize.Small || !TryRent(PageSize.Small, wait, stands, out page)))
        {
            return false;
        }

        Link(page);
        return true;
    }

    /// <summary>Takes over the pages of one request, which begins with them.</summary>
    public void Adopt(Page first, uint tag)
    {
        Begin(first);
        first.Mark(0, tag);
        for (var page = first; page is not null;)
        {
            var next = page.Next;
            page.Next = null;
            Link(page);
            Position += page.Written;
            page = next;
        }
    }

    /// <summary>The writer leaves its page for good, or until it appends again.</summary>
    public void Complete()
    {
        if (Page is not { } last)
            return;
        Page = null;
        Close(last);
    }

    private readonly bool TryRent(PageSize size, PageWait? wait, bool stands, [NotNullWhen(true)] out Page? page) =>
        wait is null ? pool.TryRent(size, MemoryShare.Backlog, out page) : pool.TryRent(size, wait, stands, out page);

    /// <summary>Makes a page, held once, the tail.</summary>
    private void Link(Page page)
    {
        page.Start = Position;
        if (_cursors.Count > 0)
            page.AddRefs(_cursors.Count);
        foreach (var cursor in _cursors)
            cursor.Page ??= page;
        if (Page is { } last)
        {
            last.Next = page;
            Close(last);
        }

        Page = page;
    }

    /// <summary>The writer leaves a page, and with it every cursor that has read it to its end.</summary>
    private readonly void Close(Page page)
    {
        page.Closed = true;
        foreach (var cursor in _cursors)
        {
            if (cursor.Page == page)
                cursor.MoveTo(cursor.Position);
        }

        page.Release();
    }
}
