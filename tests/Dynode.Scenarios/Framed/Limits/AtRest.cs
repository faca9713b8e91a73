using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.TestKit;
using Dynode.TestKit.Framed;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>What must be left when all clients have gone.</summary>
internal static class AtRest
{
    /// <summary>
    /// No client, no slot, nobody held, nothing of any request or reply: but the log's last page, and for each connection the one that
    /// it reads into. That those go too is seen when the broadcaster ends.
    /// </summary>
    public static Task AtRestAsync(this BroadcasterUnderTest broadcaster) => Eventually.True(
        () => broadcaster.Snapshot is { Clients: 0, Slots: 0, Held: 0, Memory.RequestBytes: 0 } now
            && now.Memory.BacklogBytes <= PagePool.LargePageBytes
            && now.Memory.ReplyBytes <= PagePool.LargePageBytes * now.Backends.Length,
        broadcaster.Dump);

    public static BackendSnapshot Of(this BroadcasterUnderTest broadcaster, FramedServer server) => broadcaster.Of(server.Tcp);

    /// <summary>Redis, with the defaults that the configuration would give.</summary>
    public static BroadcastSettings Settings(long memoryBytesMax, long requestBytesMax) => new()
    {
        Protocol = Protocol.Redis,
        MemoryBytesMax = memoryBytesMax,
        BacklogBytesMax = Math.Min(memoryBytesMax / 2, Math.Max(64 << 20, 4 * requestBytesMax)),
        ReplyBytesMax = Math.Min(16 << 20, memoryBytesMax / 4),
        Framing = new() { RequestBytesMax = requestBytesMax },
    };
}
