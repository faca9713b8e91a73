using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>What strangers sent, made fit for a log line or an error: short, of one line, nothing a terminal would obey.</summary>
internal static class Printable
{
    /// <summary>Characters of a name or a key.</summary>
    public const int CharsMax = 64;

    private const string Cut = "...";

    /// <summary>Bytes that are no printable ASCII as <c>\xHH</c>, and so a backslash; what does not fit ends in dots.</summary>
    /// <param name="bytes">Any.</param>
    /// <param name="charsMax">The most characters.</param>
    public static string Of(ReadOnlySpan<byte> bytes, int charsMax = CharsMax)
    {
        var text = new StringBuilder(CharsMax);
        int whole = 0;
        foreach (byte b in bytes)
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'\\') text.Append((char)b);
            else text.Append($"\\x{b:X2}");
            if (text.Length <= charsMax - Cut.Length) whole = text.Length;
            if (text.Length > charsMax) return text.ToString(0, whole) + Cut;
        }

        return text.ToString();
    }
}
