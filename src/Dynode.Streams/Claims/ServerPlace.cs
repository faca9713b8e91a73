namespace Dynode.Streams.Claims;

/// <summary>Where a server stands in a stream.</summary>
/// <param name="Stream">Which one: <see cref="StreamIdentity.ToString"/>.</param>
/// <param name="Number">It has all that counts of the entries up to this one, in the stream.</param>
/// <param name="Table">The lanes, as of that entry or an earlier one: <see cref="Lanes.Write"/>.</param>
/// <param name="HasGap">It has missed something before that.</param>
/// <param name="Run">Which of its processes stood there, as the server calls it; empty: it does not say.</param>
public sealed record ServerPlace(string Stream, ulong Number, ReadOnlyMemory<byte> Table, bool HasGap = false, string Run = "")
{
    /// <summary>Also where the tables are copies.</summary>
    public bool Equals(ServerPlace? other) =>
        other is not null && Stream == other.Stream && Number == other.Number && HasGap == other.HasGap && Run == other.Run && Table.Span.SequenceEqual(other.Table.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Stream, Number, HasGap);
}
