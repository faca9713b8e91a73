namespace Dynode.Protocols.Policies;

/// <summary>How far one voter is with one request.</summary>
public enum VoteState : byte
{
    /// <summary>It has not spoken.</summary>
    Pending,

    /// <summary>It will not speak.</summary>
    Withdrawn,

    /// <summary>It replied.</summary>
    Replied,

    /// <summary>It replied with an error.</summary>
    Failed,
}

/// <summary>One voter's part in the answer to one request.</summary>
public struct Vote
{
    /// <summary>Of its reply; equal replies have equal hashes.</summary>
    public uint Hash { get; set; }

    /// <summary>1 for the first voter that spoke, and so on; 0 while it has not.</summary>
    public ushort Turn { get; set; }

    /// <summary>How far it is.</summary>
    public VoteState State { get; set; }

    /// <summary>It replied, be it with an error.</summary>
    public readonly bool HasSpoken => State is VoteState.Replied or VoteState.Failed;
}
