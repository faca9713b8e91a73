using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.Protocols.Memcached;
using Dynode.Protocols.Policies;
using Dynode.Protocols.Redis;

namespace Dynode.Broadcast.Framed;

/// <summary>Settings' words for protocols and policies, and the objects that they mean.</summary>
internal static class Speech
{
    /// <summary>Of a framed one.</summary>
    public static IProtocol Of(Protocol protocol, ProtocolSettings settings) => protocol switch
    {
        Protocol.Redis => new RedisProtocol(),
        Protocol.Memcached => new MemcachedProtocol(),
        Protocol.Line => new LineProtocol(settings.LineFraming),
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Raw frames nothing."),
    };

    public static IReplyPolicy PolicyOf(FramedReply reply) => reply switch
    {
        FramedReply.All => AllReplies.Instance,
        FramedReply.Fastest => FastestReply.Instance,
        FramedReply.Primary => PrimaryReply.Instance,
        FramedReply.Majority => MajorityReply.Instance,
        FramedReply.Every => EveryReply.Instance,
        _ => NoReply.Instance,
    };
}
