using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What to say of a server that sends what nothing had asked for.</summary>
internal static class UnaskedText
{
    /// <param name="protocol">Its.</param>
    /// <param name="bytes">What it sent: whole, or its beginning.</param>
    public static string Of(IProtocol protocol, ReadOnlySpan<byte> bytes)
    {
        if (protocol.Classify(bytes) != ReplyKind.Push)
            return "sent a reply that nothing had asked for";
        return protocol.NamePush(bytes) is { Length: > 0 } name ? $"pushed what nothing had asked for: {name}" : "pushed what nothing had asked for";
    }
}
