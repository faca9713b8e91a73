using System.Collections.Immutable;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// The servers that every client's bytes go to, whole and in order: what membership hands to the data plane.
/// Immutable; two sets are equal when they hold the same addresses in the same order, spoken to alike.
/// </summary>
public sealed class BackendSet : IEquatable<BackendSet>
{
    /// <summary>No server yet: the set before the first one is known.</summary>
    public static readonly BackendSet Empty = new([]);

    private BackendSet(ImmutableArray<BackendAddress> addresses) => Addresses = addresses;

    /// <summary>In the order that <c>primary</c> and <c>all</c> see; no address stands in it twice.</summary>
    public ImmutableArray<BackendAddress> Addresses { get; }

    /// <summary>The set of <paramref name="addresses"/>; of equal ones the first counts.</summary>
    public static BackendSet Of(IEnumerable<BackendAddress> addresses) => new([.. addresses.Distinct()]);

    /// <inheritdoc/>
    public bool Equals(BackendSet? other) => other is not null && Addresses.SequenceEqual(other.Addresses) && Addresses.Zip(other.Addresses).All(static pair => pair.First.IsSpokenToAlike(pair.Second));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BackendSet);

    /// <inheritdoc/>
    public override int GetHashCode() => Addresses.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Addresses);
}
