using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;

namespace Dynode.Scenarios.Line;

/// <summary>The settings of these tests, and how a server stands.</summary>
internal static class LineSettings
{
    /// <summary>As carbon has it: servers answer nothing, and what was sent is acknowledged.</summary>
    public static BroadcastSettings Silent { get; } = new()
    {
        Protocol = Protocol.Line,
        FramedReply = FramedReply.None,
        BacklogBytesMax = 64 << 20,
        ReconnectDelayMax = TimeSpan.FromSeconds(0.1),
    };

    /// <summary>Servers answer each line with one.</summary>
    public static BroadcastSettings Answered(FramedReply reply) => Silent with { FramedReply = reply, Framing = new ProtocolSettings { RepliesPerLine = 1 } };

    public static BackendSnapshot Of(this BroadcasterUnderTest broadcaster, string address) =>
        broadcaster.Snapshot.Backends.Single(backend => backend.Address == BroadcasterUnderTest.Address(address));

    /// <summary>So many servers are current.</summary>
    public static Task CurrentAsync(this BroadcasterUnderTest broadcaster, int count) =>
        Eventually.Equal(count, () => broadcaster.Snapshot.Backends.Count(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
}
