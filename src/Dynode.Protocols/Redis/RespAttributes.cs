namespace Dynode.Protocols.Redis;

/// <summary>
/// RESP3's attributes, which a server may put before any reply: something about it that is no part of it, and that equal servers need not
/// say alike. https://redis.io/docs/latest/develop/reference/protocol-spec/
/// </summary>
internal static class RespAttributes
{
    /// <summary>The reply behind those that it begins with.</summary>
    /// <param name="reply">From its first byte; whole, or as much as there is.</param>
    /// <returns>Empty: they do not end in these bytes.</returns>
    public static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> reply)
    {
        while (!reply.IsEmpty && reply[0] == '|')
        {
            int length = LengthOf(reply);
            reply = length == 0 ? default : reply[length..];
        }

        return reply;
    }

    private static int LengthOf(ReadOnlySpan<byte> attribute)
    {
        int length = RespNumber.ReadShortLine(attribute, out long pairs);
        if (length == 0) return 0;
        var framer = default(RespReplyFramer);
        for (long left = pairs * 2; left > 0; left--)
        {
            if (framer.Advance(attribute[length..], out int element) != FrameStatus.Complete) return 0;
            length += element;
        }

        return length;
    }
}
