using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Backends;

/// <summary>With an ordered log: where a server stands in the stream, and whose it is.</summary>
/// <param name="Claim">How this broadcaster's claim to it stands.</param>
/// <param name="Who">Who has it, or why that is not certain, in words; empty: this broadcaster has it.</param>
/// <param name="Number">It has all that counts of the entries up to this one; null: it is not known.</param>
/// <param name="Lag">How many entries the stream is known to have given since; null: it is not known.</param>
public sealed record OrderedPlace(ClaimState Claim, string Who, ulong? Number, ulong? Lag);
