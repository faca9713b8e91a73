namespace Dynode.Protocols.Redis;

/// <summary>What a reply is by its first bytes.</summary>
internal static class RespReplyKind
{
    /// <summary>An error's code, behind '-', is its first word: BUSY is one, BUSYGROUP and BUSYKEY are others.</summary>
    /// <param name="reply">Its first 64 bytes, or all.</param>
    public static ReplyKind Classify(ReadOnlySpan<byte> reply)
    {
        if (reply.IsEmpty || reply[0] != '-') return ReplyKind.Normal;
        var text = reply[1..];
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
