namespace Dynode.Broadcast.Plane;

/// <summary>Why a client ended: a closed set, for counters and for the access log.</summary>
public enum EndReason
{
    /// <summary>It ended by itself: its FIN, or a request that asks for the end.</summary>
    Client,

    /// <summary>It broke off.</summary>
    Reset,

    /// <summary>It was silent for <c>read_idle_timeout</c>, and nothing was owed.</summary>
    Idle,

    /// <summary>It took nothing of what waited for it for <c>write_timeout</c>.</summary>
    WriteTimeout,

    /// <summary>Framed: what it sent is none of the protocol's, or beyond its bounds.</summary>
    Malformed,

    /// <summary>Framed: memory was spent, and it held most of it, or was in others' way.</summary>
    Memory,

    /// <summary>A server ended whose replies it got.</summary>
    Server,

    /// <summary>An operator closed it.</summary>
    Operator,

    /// <summary>The broadcaster stopped.</summary>
    Drain,

    /// <summary>A fault of this program.</summary>
    Fault,
}
