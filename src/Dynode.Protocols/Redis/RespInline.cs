using System.Buffers;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Splits a line of words as redis does (<c>sdssplitargs</c> of https://github.com/redis/redis/blob/7.0/src/sds.c) and encodes it as
/// an array, so that nothing behind this has to know lines.
/// </summary>
internal static class RespInline
{
    /// <summary>Splits and encodes. A line of 16 KiB becomes at most 57 KiB.</summary>
    /// <param name="line">With its line end or without; it ends before a zero byte, as in C.</param>
    /// <param name="output">Takes the request; nothing where there are no arguments.</param>
    /// <param name="arguments">How many there are.</param>
    /// <returns>False: quotes are not closed, or not followed by a space; nothing was written.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> line, IBufferWriter<byte> output, out int arguments)
    {
        int zero = line.IndexOf((byte)0);
        if (zero >= 0) line = line[..zero];
        byte[] word = ArrayPool<byte>.Shared.Rent(line.Length);
        try
        {
            // Twice over the line, because the number of arguments comes first.
            if (!TryCount(line, word, out arguments)) return false;
            if (arguments == 0) return true;
            RespWriter.WriteArrayHeader(output, arguments);
            while (TryTakeWord(ref line, word, out int length) && length >= 0)
                RespWriter.WriteBulk(output, word.AsSpan(0, length));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(word);
        }
    }

    private static bool TryCount(ReadOnlySpan<byte> line, Span<byte> word, out int count)
    {
        count = 0;
        while (TryTakeWord(ref line, word, out int length))
        {
            if (length < 0) return true;
            count++;
        }

        return false;
    }

    /// <summary>The next argument, without its quotes and escapes.</summary>
    /// <param name="line">What is left of it.</param>
    /// <param name="word">Takes the argument, which is never longer than the line.</param>
    /// <param name="length">Of the argument; -1: there is none left.</param>
    private static bool TryTakeWord(ref ReadOnlySpan<byte> line, Span<byte> word, out int length)
    {
        int at = 0;
        while (at < line.Length && IsSpace(line[at])) at++;
        line = line[at..];
        length = line.IsEmpty ? -1 : 0;
        at = 0;
        while (at < line.Length && !EndsWord(line[at]))
        {
            byte next = line[at++];
            if (next is not ((byte)'"' or (byte)'\''))
            {
                word[length++] = next;
                continue;
            }

            // A closing quote ends the word, whatever it began with: foo"bar" is one word.
            if (!TryTakeQuoted(line[at..], next, word, ref length, out int taken)) return false;
            at += taken;
            break;
        }

        line = line[at..];
        return true;
    }

    private static bool TryTakeQuoted(ReadOnlySpan<byte> line, byte quote, Span<byte> word, ref int length, out int taken)
    {
        for (taken = 0; taken < line.Length;)
        {
            byte next = line[taken++];
            if (next == quote) return taken == line.Length || IsSpace(line[taken]);
            if (next == '\\') next = quote == '"' ? Escaped(line, ref taken) : EscapedQuote(line, ref taken);
            word[length++] = next;
        }

        return false;
    }

    /// <summary>What a backslash in double quotes stands for. The last byte of a line is not escaped by it.</summary>
    private static byte Escaped(ReadOnlySpan<byte> line, ref int at)
    {
        if (at == line.Length) return (byte)'\\';
        if (line[at] == 'x' && at + 2 < line.Length && char.IsAsciiHexDigit((char)line[at + 1]) && char.IsAsciiHexDigit((char)line[at + 2]))
        {
            int value = (HexDigit(line[at + 1]) << 4) | HexDigit(line[at + 2]);
            at += 3;
            return (byte)value;
        }

        return line[at++] switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            var other => other,
        };
    }

    /// <summary>What a backslash in single quotes stands for: only a quote can be escaped.</summary>
    private static byte EscapedQuote(ReadOnlySpan<byte> line, ref int at)
    {
        if (at == line.Length || line[at] != '\'') return (byte)'\\';
        at++;
        return (byte)'\'';
    }

    private static int HexDigit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    // As isspace(3) in the C locale, which redis runs in.
    private static bool IsSpace(byte b) => b is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    // Vertical tab and form feed are skipped between words and do not end one: so it is in redis.
    private static bool EndsWord(byte b) => b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
}
