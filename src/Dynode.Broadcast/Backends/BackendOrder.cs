namespace Dynode.Broadcast.Backends;

/// <summary>What the operator wants of one server, whatever state it is in.</summary>
public enum BackendOrder
{
    /// <summary>It serves as its state allows.</summary>
    Enabled,

    /// <summary>It has no connection; what it misses is kept for it within the backlog.</summary>
    Disabled,

    /// <summary>Framed: it is connected and receives, holds nobody and does not vote.</summary>
    Ejected,
}
