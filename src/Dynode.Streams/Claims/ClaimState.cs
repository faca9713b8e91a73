namespace Dynode.Streams.Claims;

/// <summary>How one broadcaster's claim to a server stands.</summary>
public enum ClaimState
{
    /// <summary>It is not known yet whether anybody else claims it.</summary>
    Asked,

    /// <summary>Another broadcaster claims it: <see cref="ServerClaim.Text"/>. It is asked for again and again, for that one may go.</summary>
    Taken,

    /// <summary>This one delivers to it.</summary>
    Held,

    /// <summary>This one did, and another has taken it since: <see cref="ServerClaim.Text"/>. It is asked for again.</summary>
    Lost,
}
