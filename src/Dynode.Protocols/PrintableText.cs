namespace Dynode.Protocols;

/// <summary>What others sent, made fit for a log line: short, and of printable ASCII alone.</summary>
internal static class PrintableText
{
    /// <summary>Longer text is cut here, and ends with an ellipsis.</summary>
    public const int CharsMax = 80;

    /// <summary>Every byte a character; a question mark for what is not printable ASCII.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<char> chars = stackalloc char[CharsMax + 1];
        int length = Math.Min(bytes.Length, CharsMax);
        for (int i = 0; i < length; i++)
            chars[i] = bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '?';
        if (bytes.Length > CharsMax)
            chars[length++] = '…';
        return new string(chars[..length]);
    }

    /// <summary>A word of a line, the first being 0; words are what spaces separate. Empty where there are fewer.</summary>
    public static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> line, int index)
    {
        foreach (var range in line.Split((byte)' '))
        {
            var word = line[range];
            if (word.Length > 0 && index-- == 0)
                return word;
        }

        return default;
    }

    /// <summary>The first line of what was sent, without its end.</summary>
    public static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
