using Dynode.Broadcast.Framed.Placement;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>What servers that read the stream by themselves are served with.</summary>
/// <param name="Plane">Settings, clock, memory.</param>
/// <param name="Protocol">What servers speak.</param>
/// <param name="Turns">Everything here happens in them.</param>
/// <param name="Log">Of all.</param>
/// <param name="Marks">Of that log.</param>
/// <param name="Memory">For logs that find no page.</param>
/// <param name="Places">Where servers stand, beside the stream.</param>
internal sealed record CatchUpParts(DataPlane Plane, IProtocol Protocol, Turns Turns, SharedLog Log, PlaceMarks Marks, MemoryWaiters Memory, ServerPlaces Places);
