using Dynode.Broadcast.Framed.Servers;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What <see cref="ServerPlaces"/> knows of one server. In turns only.</summary>
/// <param name="claim">This broadcaster's to it.</param>
internal sealed class PlacedServer(ServerClaim claim)
{
    public ServerClaim Claim => claim;

    public bool IsWanted { get; set; }

    public bool HasJoined { get; set; }

    /// <summary>Which of its processes stood where it was known to stand when it joined; empty: that is not known; null: its place was not.</summary>
    public string? KeptRun { get; set; }

    /// <summary>Another is to have it: it is yielded as soon as it owes nothing.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>It has left the log, and that is not noted yet; null: it has not.</summary>
    public ServerLeft? Left { get; set; }

    /// <summary>The log must have come so far.</summary>
    public ulong Awaits { get; set; } = ulong.MaxValue;

    /// <summary>In the log, of who has it.</summary>
    public string Said { get; set; } = "";
}
