using Dynode.Broadcast.Backends;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What becomes of a server whose place in the stream is known, or is not: decided once, when it is to join the log.</summary>
/// <param name="Joins">At the end of the log, now; false: when the log has come to its place.</param>
/// <param name="Gap">What it has missed; null: nothing.</param>
/// <param name="IsBehind">It stands before what the log holds: what lies between it reads from the stream by itself.</param>
internal readonly record struct PlaceDecision(bool Joins, DropReason? Gap, bool IsBehind = false)
{
    /// <param name="found">Where it stood; null: nobody has said.</param>
    /// <param name="stream">That is read.</param>
    /// <param name="counted">The last entry that counts, of those that are in the log, or were before it began.</param>
    /// <param name="placed">All entries up to this one are in the log, or were before it began.</param>
    /// <param name="last">The last that the stream has.</param>
    /// <param name="isEmpty">There is no request in them: nobody has missed one.</param>
    public static PlaceDecision Of(ServerPlace? found, StreamIdentity stream, ulong counted, ulong placed, ulong last, bool isEmpty)
    {
        if (found is null)
            return new(true, isEmpty ? null : DropReason.Added);
        if (found.Stream != stream.ToString())
            return new(true, DropReason.Foreign);
        if (found.Number > last)
            return new(true, DropReason.Ahead);
        if (found.Number < counted)
            return new(true, found.HasGap ? DropReason.Earlier : null, IsBehind: true);
        return new(found.Number <= placed, found.HasGap ? DropReason.Earlier : null);
    }
}
