namespace Dynode.Protocols.Redis;

/// <summary>What a reply is by its first bytes.</summary>
internal static class RespReplyKind
{
    /// <summary>An error's code, behind '-' or a '!' and its length, is its first word: BUSY is one, BUSYGROUP and BUSYKEY are others.</summary>
    /// <param name="reply">Whole, or its first bytes: what is not to be seen of one behind long attributes is taken for what was asked for.</param>
    public static ReplyKind Classify(ReadOnlySpan<byte> reply)
    {
        if (reply.IsEmpty) return ReplyKind.Normal;
        if (reply[0] == '|')
        {
            reply = RespAttributes.Behind(reply);
            if (reply.IsEmpty) return ReplyKind.Normal;
        }

        switch (reply[0])
        {
            case (byte)'-':
                return ClassifyError(reply[1..]);
            case (byte)'!':
                return ClassifyError(reply[RespNumber.ReadShortLine(reply, out _)..]);
            case (byte)'>':
                return ReplyKind.Push;
            default:
                return ReplyKind.Normal;
        }
    }

    private static ReplyKind ClassifyError(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAny((byte)' ', (byte)'\r');
        return end > 0 && IsNotNow(text[..end]) ? ReplyKind.NotNow : ReplyKind.Error;
    }

    // Of each of them redis says so before it does anything of the request.
    private static bool IsNotNow(ReadOnlySpan<byte> code) =>
        code.SequenceEqual("LOADING"u8)
        || code.SequenceEqual("MASTERDOWN"u8)
        || code.SequenceEqual("BUSY"u8)
        || code.SequenceEqual("READONLY"u8)
        || code.SequenceEqual("NOAUTH"u8);
}
