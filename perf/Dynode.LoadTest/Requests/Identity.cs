using System.Buffers.Text;
using System.Text;

namespace Dynode.LoadTest.Requests;

/// <summary>The words that say which request something is or answers: <c>0000002a:000004d2</c>, client and sequence number in hex.</summary>
internal static class Identity
{
    public const int Bytes = 8 + 1 + 8;

    public static void Write(Span<byte> to, int client, long sequence)
    {
        Utf8Formatter.TryFormat(client, to, out _, new('x', 8));
        to[8] = (byte)':';
        Utf8Formatter.TryFormat(sequence, to[9..], out _, new('x', 8));
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out int client, out long sequence)
    {
        sequence = 0;
        return Utf8Parser.TryParse(from[..8], out client, out int used, 'x') && used == 8
            && from[8] == ':'
            && Utf8Parser.TryParse(from[9..Bytes], out sequence, out used, 'x') && used == 8;
    }

    /// <summary>For failures: one character a byte, not many.</summary>
    public static string Shown(ReadOnlySpan<byte> bytes)
    {
        const int ShownBytesMax = 48;
        return Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, ShownBytesMax)]).ReplaceLineEndings("|");
    }
}
