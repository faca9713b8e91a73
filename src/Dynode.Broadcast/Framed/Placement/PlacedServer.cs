using Dynode.Broadcast.Framed.Servers;
using Dynode.Protocols;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What <see cref="ServerPlaces"/> knows of one server. In turns only.</summary>
/// <param name="name">What the claim is to.</param>
/// <param name="claim">This broadcaster's to it.</param>
/// <param name="stream">That is read.</param>
internal sealed class PlacedServer(string name, ServerClaim claim, Func<StreamIdentity?> stream) : IClaimed
{
    private ReachPace _reach;

    public string Name => name;

    public ServerClaim Claim => claim;

    /// <inheritdoc/>
    public TimeSpan Overdue => claim.Overdue;

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

    /// <inheritdoc/>
    public bool TryEpoch(out OwnerEpoch epoch)
    {
        epoch = stream() is { } read ? new OwnerEpoch(read.Name, read.Created, claim.Epoch) : default;
        return epoch.Number > 0 && claim.State == ClaimState.Held;
    }

    /// <inheritdoc/>
    public long LinkBefore(string run) => claim.Link is { } link && link.Run == run ? link.Connection : 0;

    /// <inheritdoc/>
    public void Linked(string run, long connection) => claim.Linked(new ServerLink(run, connection));

    /// <inheritdoc/>
    public void LookAgain() => claim.Hurry();

    /// <summary>Whether it can be reached from here, as others are told.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="isReached">It is connected, or not known to be away.</param>
    /// <param name="patience">Ticks.</param>
    public bool Reaches(long now, bool isReached, long patience)
    {
        _reach.Look(now, claim.State == ClaimState.Held, isReached, patience);
        return !_reach.IsAway;
    }
}
