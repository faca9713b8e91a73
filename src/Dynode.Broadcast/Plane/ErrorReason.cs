namespace Dynode.Broadcast.Plane;

/// <summary>Why a request was answered with an error of the broadcaster's own.</summary>
public enum ErrorReason
{
    /// <summary>No server was there whose reply counts.</summary>
    NoVoter,

    /// <summary>The servers' replies differed, and the policy wants them alike.</summary>
    Split,

    /// <summary>The reply was longer than may wait for a client.</summary>
    TooLong,

    /// <summary>There was no memory to keep the reply.</summary>
    NoMemory,

    /// <summary>It was for no server: one that is refused, unknown, malformed, or from a client that must say who it is first.</summary>
    Refused,

    /// <summary>The log that gives places did not answer in time, or nobody here could have answered.</summary>
    NoPlace,
}

/// <summary>Requests that were answered so.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Requests">How many.</param>
public readonly record struct ErrorCount(ErrorReason Reason, long Requests);
