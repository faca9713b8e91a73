using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What each server's delivery is made with: the log that it is owed, and the way of its replies. Nothing of the clients.</summary>
/// <param name="Plane">Settings, clock, memory.</param>
/// <param name="Protocol">What servers speak.</param>
/// <param name="Framing">What it is told, and where what servers say of themselves goes.</param>
/// <param name="Turns">Everything here happens in them.</param>
/// <param name="Log">Of all clients' requests.</param>
/// <param name="Ring">The slots of its requests.</param>
/// <param name="Voting">Where replies and withdrawals go.</param>
/// <param name="Streams">Where parts of long replies go.</param>
/// <param name="Replies">Memory for those that wait.</param>
/// <param name="Pacing">Which of them are not to be read yet.</param>
/// <param name="Paused">For connections whose next one is not.</param>
/// <param name="Memory">For connections that find no page.</param>
/// <param name="Durations">Of requests.</param>
/// <param name="Places">Where a server that does each request exactly once stands in the stream; null: none does.</param>
/// <param name="CatchUp">Who reads the stream for servers that the log does not hold enough for; null: no stream orders it.</param>
/// <param name="Ranges">Of the stream that orders the log: what servers reply is told to other regions by them; null: none does.</param>
/// <param name="IgnoresReplies">Servers are not asked for replies; what they say all the same is thrown away.</param>
internal sealed record ServerParts(
    DataPlane Plane,
    IProtocol Protocol,
    FramingInForce Framing,
    Turns Turns,
    SharedLog Log,
    SlotRing Ring,
    Voting Voting,
    StreamedReplies Streams,
    ReplyMemory Replies,
    ReplyPacing Pacing,
    PausedReads Paused,
    MemoryWaiters Memory,
    Durations Durations,
    bool IgnoresReplies,
    IStreamPlaces? Places = null,
    ICatchUp? CatchUp = null,
    RangeBook? Ranges = null)
{
    /// <summary>Which process answers behind which address.</summary>
    public ServerRuns Runs { get; } = new();
}
