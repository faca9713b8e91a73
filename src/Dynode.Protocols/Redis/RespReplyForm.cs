using System.Buffers;

namespace Dynode.Protocols.Redis;

/// <summary>
/// What a reply is to whoever compares it with one of a server elsewhere. Status, integer and bulk string are the same bytes in RESP2 and RESP3; null and aggregates are not, nor is what RESP3 alone has. Of errors
/// those are about data whose code is one of a few; with any other, or with words in it that are about a server's memory, disk or users, nobody knows. So the direction of any mistake is: not compared.
/// </summary>
internal static class RespReplyForm
{
    /// <summary>Errors within an aggregate that are looked at; where there are more, nobody knows.</summary>
    private const int ErrorsMax = 64;

    // Every error that begins otherwise is taken for one about the server.
    private static ReadOnlySpan<byte> Generic => "ERR "u8;

    private static readonly byte[][] OfData = [.. new[] { "ERR ", "WRONGTYPE ", "BUSYGROUP ", "NOGROUP ", "INVALIDOBJ " }.Select(System.Text.Encoding.ASCII.GetBytes)];

    // What redis says inside others' errors when it refuses a script or a module something; and what depends on what runs in the background.
    private static readonly SearchValues<string> OfState = SearchValues.Create(
        ["OOM", "MISCONF", "NOREPLICAS", "NOPERM", "READONLY", "BUSY", "LOADING", "MASTERDOWN", "NOAUTH", "CLUSTER", "maxmemory", "ackground", "in progress", "disk", "denied", "permission"],
        StringComparison.Ordinal);

    /// <summary>Of a reply.</summary>
    /// <param name="reply">Whole, or what it begins with.</param>
    public static ReplyForm Of(ReadOnlySpan<byte> reply)
    {
        if (reply.IsEmpty) return ReplyForm.OfState;
        switch (reply[0])
        {
            case (byte)':':
                return ReplyForm.Plain;
            case (byte)'+':
                return reply.StartsWith("+Background"u8) ? ReplyForm.OfState : ReplyForm.Plain;
            case (byte)'$':
                return reply.Length > 1 && reply[1] == '-' ? ReplyForm.OfProtocol : ReplyForm.Plain;
            case (byte)'-':
                return IsOfData(reply[1..]) ? ReplyForm.Plain : ReplyForm.OfState;
            case (byte)'!':
                return IsOfData(reply[RespNumber.ReadShortLine(reply, out _)..]) ? ReplyForm.OfProtocol : ReplyForm.OfState;
            case (byte)'*' or (byte)'~' or (byte)'%' or (byte)'|':
                return HoldsState(reply) ? ReplyForm.OfState : ReplyForm.OfProtocol;
            default:
                return ReplyForm.OfProtocol;
        }
    }

    private static bool IsOfData(ReadOnlySpan<byte> error)
    {
        int end = error.IndexOf((byte)'\r');
        if (end >= 0) error = error[..end];
        if (error.Length > IProtocol.ReplyHeadBytesMax) return false;
        foreach (byte[] code in OfData)
        {
            if (error.StartsWith(code)) return !error.StartsWith(Generic) || !SaysState(error[Generic.Length..]);
        }

        return false;
    }

    private static bool SaysState(ReadOnlySpan<byte> text)
    {
        Span<char> chars = stackalloc char[IProtocol.ReplyHeadBytesMax];
        return ((ReadOnlySpan<char>)chars[..System.Text.Encoding.Latin1.GetChars(text, chars)]).ContainsAny(OfState);
    }

    /// <summary>Whether an element may be an error about the server: a value that looks like one is taken for it.</summary>
    private static bool HoldsState(ReadOnlySpan<byte> elements)
    {
        for (int i = 0; i < ErrorsMax; i++)
        {
            int at = elements.IndexOf("\n-"u8);
            int other = elements.IndexOf("\n!"u8);
            if (other >= 0) return true;
            if (at < 0) return false;
            elements = elements[(at + 2)..];

            // A code is of capitals: "-5" is a value.
            if (!elements.IsEmpty && char.IsAsciiLetterUpper((char)elements[0]) && !IsOfData(elements)) return true;
        }

        return true;
    }
}
