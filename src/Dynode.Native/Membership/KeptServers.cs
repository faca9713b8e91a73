using System.Collections.Immutable;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>The list that an earlier run had from the same URL.</summary>
/// <param name="addresses">In its order; never empty.</param>
/// <param name="at">When it was last known to be so.</param>
internal sealed class KeptServers(ImmutableArray<BackendAddress> addresses, DateTimeOffset at)
{
    public ImmutableArray<BackendAddress> Addresses => addresses;

    public DateTimeOffset At => at;

    /// <summary>How old it is; a clock that has gone back makes nothing older.</summary>
    public TimeSpan Age(DateTimeOffset now) => now > At ? now - At : TimeSpan.Zero;
}
