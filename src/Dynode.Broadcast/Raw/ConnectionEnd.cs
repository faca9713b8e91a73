namespace Dynode.Broadcast.Raw;

/// <summary>How a server ended one connection.</summary>
internal enum ConnectionEnd
{
    /// <summary>It did not: the connection is there, was never made, or was ended by us.</summary>
    None,

    /// <summary>By its FIN: it has said all.</summary>
    Whole,

    /// <summary>It broke off, and had said nothing.</summary>
    Silent,

    /// <summary>It broke off, and what it had said may be half of an answer.</summary>
    Torn,
}
