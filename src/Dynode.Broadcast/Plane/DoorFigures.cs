namespace Dynode.Broadcast.Plane;

/// <summary>Clients that were not let in, by why, and those that were let in later.</summary>
/// <param name="Full">Not let in: there were <c>max_clients</c>.</param>
/// <param name="Denied">Not let in: <c>clients_allow</c> or <c>clients_deny</c> do not want their address.</param>
/// <param name="Crowded">Not let in: there were <c>max_clients_per_address</c> of their address.</param>
/// <param name="Waits">Times that accepting waited, for <c>accept_rate</c>.</param>
/// <param name="Proxy">Not let in: it was to begin with a PROXY header, and did not.</param>
public readonly record struct DoorFigures(long Full = 0, long Denied = 0, long Crowded = 0, long Waits = 0, long Proxy = 0)
{
    /// <summary>Those that were not let in.</summary>
    public long Refused => Full + Denied + Crowded + Proxy;
}
