using System.Text;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What servers say, made fit for the log.</summary>
internal static class ReplyText
{
    private const int BytesMax = 200;

    /// <summary>The first line of a reply.</summary>
    public static string Printable(ReadOnlySpan<byte> reply)
    {
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
