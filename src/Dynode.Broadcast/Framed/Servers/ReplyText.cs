using System.Text;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What servers say, made fit for the log.</summary>
internal static class ReplyText
{
    private const int BytesMax = 200;

    /// <summary>The first line of a reply that says something: of an error that is a blob what is in it, and not the attributes before.</summary>
    public static string Printable(ReadOnlySpan<byte> reply)
    {
        if (!reply.IsEmpty && reply[0] == '|' && Math.Max(reply.IndexOf("\n-"u8), reply.IndexOf("\n!"u8)) is > 0 and int at)
            reply = reply[(at + 1)..];
        if (!reply.IsEmpty && reply[0] == '!')
            reply = reply.IndexOf((byte)'\n') is >= 0 and int end ? reply[(end + 1)..] : default;
        var text = new StringBuilder();
        foreach (byte b in reply[..Math.Min(reply.Length, BytesMax)])
        {
            if (b is (byte)'\r' or (byte)'\n')
                break;
            text.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        }

        return text.ToString().TrimStart('-');
    }
}
