using Dynode.Broadcast.Backends;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What is known of a server when a connection to it begins, but for its own word.</summary>
/// <param name="Stream">That is read.</param>
/// <param name="Last">The highest number that it is known to have given.</param>
/// <param name="IsSameRun">It has not been restarted since this broadcaster knew of it.</param>
/// <param name="HasCommitted">This broadcaster has seen it move its watermark.</param>
/// <param name="IsEmpty">It holds no data.</param>
/// <param name="IsKept">Its place was kept beside the stream.</param>
/// <param name="Gap">What is said of it there; null: it has missed nothing.</param>
/// <param name="IsWhole">The stream has all that it ever had.</param>
/// <param name="IsApart">It is not in the log of all, but reads the stream by itself.</param>
/// <param name="IsOtherRun">It has been restarted since a broadcaster last knew of it, by what is kept.</param>
internal readonly record struct BeginKnown(
    string Stream,
    ulong Last,
    bool IsSameRun,
    bool HasCommitted,
    bool IsEmpty,
    bool IsKept,
    DropReason? Gap,
    bool IsWhole = false,
    bool IsApart = false,
    bool IsOtherRun = false);

/// <summary>How a connection begins.</summary>
internal enum BeginKind
{
    /// <summary>At the server's own place.</summary>
    AtMark,

    /// <summary>The log has not come to its place yet.</summary>
    NotYet,

    /// <summary>Where the broadcaster knows it to be: its word is gone, and it is the same server.</summary>
    AtKnown,

    /// <summary>Where it was kept beside the stream: what came since is delivered again, for it has no word of its own yet.</summary>
    AtKept,

    /// <summary>Where it joined the log, with a gap.</summary>
    WithGap,

    /// <summary>At the server's own place, which the log does not hold: it reads the stream by itself from there.</summary>
    FromStream,

    /// <summary>It holds nothing, and the stream has all: it reads that by itself, from the beginning.</summary>
    FromStart,
}

/// <summary>
/// From where on a server is sent the log, decided once for each connection, by what lies under its key:
/// <code>
///   ours ─┬ ahead of all that the stream has given     gap Ahead, goes on where it joined
///         ├ behind what the log holds                  gap Retention, the same
///         ├ before what was read yet                   waits
///         └ else                                       from there: forwards (answers were lost), or back (it forgot)
///   another stream's                                   gap Foreign
///   none, or something else ─┬ seen to be moved, same run      from there: evicted, deleted, written over
///                            ├ seen to be moved, another run   gap Added, or the one that was kept: it came back without its data
///                            ├ holds nothing, never seen, and the stream has all   from the stream by itself, from the beginning
///                            ├ nothing was ever published      from the beginning
///                            ├ kept beside the stream, with data, not seen to be another run   from there, at least once
///                            └ else                            gap Added, or the one that was kept
/// </code>
/// </summary>
/// <param name="Kind">As drawn.</param>
/// <param name="Requests">With <see cref="BeginKind.AtMark"/>: behind how many requests of the log.</param>
/// <param name="Gap">What it has missed; null: nothing.</param>
internal readonly record struct BeginDecision(BeginKind Kind, long Requests, DropReason? Gap)
{
    /// <param name="found">What lies there; null: nothing that is a watermark.</param>
    /// <param name="known">Of the server.</param>
    /// <param name="spot">Where the watermark's place is.</param>
    /// <param name="requests">Behind how many requests of the log.</param>
    public static BeginDecision Of(Watermark? found, in BeginKnown known, PlaceSpot spot, long requests)
    {
        if (found is null)
            return OfNone(known);
        if (found.Stream != known.Stream)
            return new(BeginKind.WithGap, 0, DropReason.Foreign);
        if (found.Number > known.Last)
            return new(BeginKind.WithGap, 0, DropReason.Ahead);
        return spot switch
        {
            PlaceSpot.Before => new(BeginKind.FromStream, 0, null),
            PlaceSpot.Beyond => new(known.IsApart ? BeginKind.FromStream : BeginKind.NotYet, 0, null),
            _ => new(BeginKind.AtMark, requests, GapOf(found.Gap)),
        };
    }

    private static BeginDecision OfNone(in BeginKnown known)
    {
        if (known is { IsSameRun: true, HasCommitted: true })
            return new(BeginKind.AtKnown, 0, null);

        // It had one: another run without it has lost its data too, or nobody can tell.
        if (known.HasCommitted)
            return new(BeginKind.WithGap, 0, known.Gap ?? DropReason.Added);
        if (known is { IsEmpty: true, IsWhole: true, IsKept: false, Gap: DropReason.Added })
            return new(BeginKind.FromStart, 0, null);
        if (known.Gap is { } gap)
            return new(BeginKind.WithGap, 0, gap);
        if (!known.IsKept)
            return new(BeginKind.AtKept, 0, null);
        return known.IsEmpty || known.IsOtherRun ? new(BeginKind.WithGap, 0, DropReason.Added) : new(BeginKind.AtKept, 0, null);
    }

    /// <summary>A word that this version does not know is a gap all the same.</summary>
    private static DropReason? GapOf(string text) =>
        text.Length == 0 ? null : Enum.TryParse(text, out DropReason reason) && Enum.IsDefined(reason) ? reason : DropReason.Earlier;
}
