using System.Collections.Immutable;
using System.Net;

namespace Dynode.Broadcast.Backends;

/// <summary>What a name's servers said, last: by it those who ask stand in line.</summary>
public enum LookupPast
{
    /// <summary>Nobody has asked yet.</summary>
    Unknown,

    /// <summary>An answer, be it that there is no such name, within <see cref="NameLookups.Patience"/>.</summary>
    Prompt,

    /// <summary>Nothing for so long.</summary>
    Silent,
}

/// <summary>What became of one lookup.</summary>
/// <param name="Addresses">In the resolver's order; empty where there are none.</param>
/// <param name="Error">Why there are none, where that is known.</param>
/// <param name="Past">What to ask with the next time.</param>
public readonly record struct LookupAnswer(ImmutableArray<IPAddress> Addresses, string? Error, LookupPast Past);
