namespace Dynode.Broadcast.Plane;

/// <summary>What the access log has a line for.</summary>
public enum AccessLogging
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Each client, when it ends.</summary>
    Connections,

    /// <summary>Framed: those, and one in <see cref="BroadcastSettings.AccessLogSample"/> requests, when it is decided.</summary>
    Requests,
}
