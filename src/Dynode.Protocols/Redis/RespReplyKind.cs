namespace Dynode.Protocols.Redis;

/// <summary>What a reply is by its first bytes.</summary>
internal static class RespReplyKind
{
    /// <summary>By its first byte, and an error, behind '-' or a '!' and its length, by its whole text: a code alone, which any script may return, says nothing.</summary>
    /// <param name="reply">Whole, or its first bytes: what is not to be seen of one behind long attributes is taken for what was asked for.</param>
    public static ReplyKind Classify(ReadOnlySpan<byte> reply) => Classify(reply, out _);

    /// <inheritdoc cref="Classify(ReadOnlySpan{byte})"/>
    public static ReplyKind Classify(ReadOnlySpan<byte> reply, out NotNowCause cause)
    {
        cause = NotNowCause.None;
        if (reply.IsEmpty) return ReplyKind.Normal;
        if (reply[0] == '|')
        {
            reply = RespAttributes.Behind(reply);
            if (reply.IsEmpty) return ReplyKind.Normal;
        }

        switch (reply[0])
        {
            case (byte)'-':
                return RedisRefusals.Classify(reply[1..], out cause);
            case (byte)'!':
                return RedisRefusals.Classify(reply[RespNumber.ReadShortLine(reply, out _)..], out cause);
            case (byte)'>':
                return ReplyKind.Push;
            default:
                return ReplyKind.Normal;
        }
    }

    /// <summary>A push's first element says its kind: <c>invalidate</c>, <c>message</c>.</summary>
    public static string NamePush(ReadOnlySpan<byte> push)
    {
        var first = push[RespNumber.ReadShortLine(push, out _)..];
        if (first.IsEmpty) return "";
        int start = first[0] == '$' ? RespNumber.ReadShortLine(first, out _) : 1;
        first = first[start..];
        int end = first.IndexOf("\r\n"u8);
        return end < 0 ? "" : Printable.Of(first[..end]);
    }
}
