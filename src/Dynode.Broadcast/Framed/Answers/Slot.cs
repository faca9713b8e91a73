using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// One request whose client waits, or whose voters are still compared. Its number in the log is its place in the
/// <see cref="SlotRing"/>.
/// <code>
///   voting ──the policy answers──▶ decided ──the client's earlier ones are answered──▶ answered ──all voters spoke──▶ free
/// </code>
/// </summary>
internal struct Slot
{
    /// <summary>Who waits; null: nobody does (any more).</summary>
    public IAnswered? Client;

    public VoterSet? Voters;

    /// <summary>Replies that the policy may still mean; when decided, what the client gets in its turn.</summary>
    public KeptReply? Kept;

    /// <summary>Our own answers to later requests of this client, which follow this one's.</summary>
    public KeptReply? Trailer;

    /// <summary>The client's next request that is in a slot; -1: none.</summary>
    public long NextOfClient;

    /// <summary>When it entered the log, as <see cref="Durations.Now"/>.</summary>
    public uint OpenedAt;

    /// <summary>The database that it asks for; -1: none.</summary>
    public int Selects;

    /// <summary>Voters that have not spoken.</summary>
    public short Pending;

    /// <summary>Voters that have.</summary>
    public ushort Turns;

    /// <summary>It is in use.</summary>
    public bool IsLive;

    /// <summary>The policy has answered, or nobody waits for it to.</summary>
    public bool IsDecided;

    /// <summary>The chosen reply is on its way from server to client, piece by piece.</summary>
    public bool IsStreaming;

    /// <summary>The cursor in its reply says whose it is.</summary>
    public bool GivesCursor;

    /// <summary>The client's answer is an error.</summary>
    public bool AnsweredError;

    public byte Hide;

    /// <summary>The protocol in force, in which it is answered.</summary>
    public byte Protocol;

    public ReplyClass Class;

    /// <summary>How whole replies are compared; null: a single server's with nobody's, and those that are each server's own not at all.</summary>
    public readonly ReplyClass? ComparedAs => Voters!.Count > 1 && Class != ReplyClass.Own ? Class : null;
}
