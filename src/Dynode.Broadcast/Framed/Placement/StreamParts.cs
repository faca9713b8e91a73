using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What a <see cref="StreamFeed"/> moves requests between.</summary>
internal sealed record StreamParts(
    Turns Turns,
    SharedLog Log,
    Waiting Waiting,
    Outbox Outbox,
    RequestPlacement Placement,
    Patience Patience,
    PlaceMarks Marks,
    ServerPlaces Places,
    FramedDeliveries Deliveries,
    MemoryWaiters Memory,
    RegionReplies Regions);
