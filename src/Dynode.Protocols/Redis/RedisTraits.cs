using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>What a server says of itself to <c>HELLO 2</c>. https://redis.io/docs/latest/commands/hello/</summary>
internal static class RedisTraits
{
    /// <summary>Where its name, or its version, is not to be seen.</summary>
    private static readonly ServerTraits Least = new("redis", "6.0.0", ProtocolMax: 3);

    /// <summary>Characters of a name or a version: clients are told them.</summary>
    private const int TextMax = 64;

    /// <summary>A server that refuses it knows RESP2 alone, and does not tell its version: it is older than 6, or the command has another name there.</summary>
    /// <param name="reply">Whole.</param>
    public static ServerTraits Of(ReadOnlyMemory<byte> reply)
    {
        if (RespReplyKind.Classify(reply.Span) != ReplyKind.Normal) return Least with { Version = "5.0.0", ProtocolMax = 2 };
        var traits = Least;
        var rest = reply.Span;
        rest = rest[RespNumber.ReadShortLine(rest, out long count)..];
        for (; count >= 2; count -= 2)
        {
            if (!TryTake(ref rest, out string key) || !TryTake(ref rest, out string value)) return traits;
            if (key == "server" && value.Length > 0) traits = traits with { Name = value };
            if (key == "version" && value.Length > 0) traits = traits with { Version = value };
        }

        return traits;
    }

    /// <summary>The next element; empty where it is no text.</summary>
    private static bool TryTake(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        var framer = default(RespReplyFramer);
        if (framer.Advance(rest, out int length) != FrameStatus.Complete) return false;
        var element = rest[..length];
        rest = rest[length..];
        if (element[0] is (byte)'$' or (byte)'+')
        {
            int start = element[0] == '$' ? RespNumber.ReadShortLine(element, out _) : 1;
            if (start > 0 && element[start..^2] is { Length: <= TextMax } bytes && !bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                text = Encoding.ASCII.GetString(bytes);
        }

        return true;
    }
}
