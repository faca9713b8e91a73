using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// Writes text that may come from anywhere as part of one line: whatever a terminal or a line reader would obey is shown
/// by its number, and what is too long is cut.
/// </summary>
internal static class LogText
{
    // C0 and C1 controls, the line and paragraph separators, and the marks that reorder what is displayed.
    private static readonly SearchValues<char> Obeyed = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7f, 0x21)).Select(c => (char)c))
        + "\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069");

    private static readonly SearchValues<char> Quoted = SearchValues.Create(" \"=");

    public static void Write(IBufferWriter<byte> line, ReadOnlySpan<char> text, int charactersMax) =>
        Write(line, text, charactersMax, quoted: false);

    /// <summary>A field's value: in quotes where its end would else not be seen.</summary>
    public static void WriteValue(IBufferWriter<byte> line, ReadOnlySpan<char> text, int charactersMax)
    {
        bool quoted = text.IsEmpty || text.ContainsAny(Quoted);
        if (quoted)
            line.Write("\""u8);
        Write(line, text, charactersMax, quoted);
        if (quoted)
            line.Write("\""u8);
    }

    /// <summary>What the line holds of <paramref name="text"/>.</summary>
    public static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int charactersMax)
    {
        if (text.Length <= charactersMax)
            return text;
        return text[..(char.IsHighSurrogate(text[charactersMax - 1]) ? charactersMax - 1 : charactersMax)];
    }

    private static void Write(IBufferWriter<byte> line, ReadOnlySpan<char> text, int charactersMax, bool quoted)
    {
        ReadOnlySpan<char> rest = Cut(text, charactersMax);
        bool isCut = rest.Length < text.Length;
        while (!rest.IsEmpty)
        {
            int at = rest.IndexOfAny(Obeyed);
            if (quoted && (at < 0 ? rest : rest[..at]).IndexOfAny('"', '\\') is >= 0 and var mark)
                at = mark;
            Encoding.UTF8.GetBytes(at < 0 ? rest : rest[..at], line);
            if (at < 0)
                break;
            WriteEscaped(line, rest[at]);
            rest = rest[(at + 1)..];
        }

        if (isCut)
            line.Write("..."u8);
    }

    private static void WriteEscaped(IBufferWriter<byte> line, char c)
    {
        switch (c)
        {
            case '\n': line.Write("\\n"u8); break;
            case '\r': line.Write("\\r"u8); break;
            case '\t': line.Write("\\t"u8); break;
            case '"': line.Write("\\\""u8); break;
            case '\\': line.Write("\\\\"u8); break;
            default:
                Span<byte> number = line.GetSpan(6);
                "\\u"u8.CopyTo(number);
                ((int)c).TryFormat(number[2..], out _, "x4", CultureInfo.InvariantCulture);
                line.Advance(6);
                break;
        }
    }
}
