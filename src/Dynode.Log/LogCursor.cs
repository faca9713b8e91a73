namespace Dynode.Log;

/// <summary>
/// What one consumer of a log still needs: everything from <see cref="Position"/> on. Raw: held = sent; framed: held =
/// answered. Moved only by the log it joined, under that log's owner.
/// </summary>
public sealed class LogCursor
{
    internal LogCursor(long position, Page? page)
    {
        Position = position;
        Page = page;
    }

    /// <summary>The position in the log of the first byte that is held.</summary>
    public long Position { get; internal set; }

    /// <summary>
    /// The consumer cannot begin at <see cref="Position"/>: it joined, or lost bytes, inside a request whose end has not
    /// been seen. It goes on at the next boundary.
    /// </summary>
    public bool AwaitsBoundary { get; internal set; }

    /// <summary>The page of <see cref="Position"/>; null where no page has been opened there yet.</summary>
    internal Page? Page { get; set; }

    internal int OffsetInPage => Page is null ? 0 : (int)(Position - Page.Start);
}
