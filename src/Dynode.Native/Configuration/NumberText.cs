using System.Globalization;

namespace Dynode.Native.Configuration;

/// <summary>
/// Numbers as configuration writes them. Digits and what the kind adds, nothing else: signs, exponents, white space
/// and digits of other scripts are no numbers, whatever a culture says. What does not fit saturates, so that a range
/// and not an overflow has the last word.
/// </summary>
internal static class NumberText
{
    /// <summary>Digits.</summary>
    public static bool TryReadCount(ReadOnlySpan<char> text, out long count)
    {
        count = 0;
        if (text.IsEmpty)
            return false;
        foreach (char digit in text)
        {
            if (!char.IsAsciiDigit(digit))
                return false;
            count = count > (long.MaxValue - 9) / 10 ? long.MaxValue : (count * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>Seconds as <c>5</c> or <c>0.25</c>, to milliseconds.</summary>
    public static bool TryReadDuration(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        int point = text.IndexOf('.');
        if (!TryReadCount(point < 0 ? text : text[..point], out long seconds))
            return false;
        long rest = 0;
        if (point >= 0)
        {
            ReadOnlySpan<char> decimals = text[(point + 1)..];
            if (decimals.Length > 3 || !TryReadCount(decimals, out rest))
                return false;
            for (int i = decimals.Length; i < 3; i++)
                rest *= 10;
        }

        milliseconds = seconds > (long.MaxValue - 999) / 1000 ? long.MaxValue : (seconds * 1000) + rest;
        return true;
    }

    /// <summary>Bytes as <c>512</c>, <c>256k</c>, <c>16M</c> or <c>1g</c>.</summary>
    public static bool TryReadSize(ReadOnlySpan<char> text, out long bytes)
    {
        int shift = text.IsEmpty ? 0 : (text[^1] | 0x20) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        if (!TryReadCount(shift == 0 ? text : text[..^1], out bytes))
            return false;
        bytes = bytes > long.MaxValue >> shift ? long.MaxValue : bytes << shift;
        return true;
    }

    /// <summary>The shortest text that <see cref="TryReadDuration"/> reads back.</summary>
    public static string Duration(long milliseconds)
    {
        (long seconds, long rest) = Math.DivRem(milliseconds, 1000);
        return rest == 0
            ? seconds.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{rest:000}").TrimEnd('0');
    }

    /// <summary>The text in the largest unit that says it exactly; <see cref="TryReadSize"/> reads it back.</summary>
    public static string Size(long bytes)
    {
        foreach ((int shift, char unit) in (ReadOnlySpan<(int, char)>)[(30, 'g'), (20, 'm'), (10, 'k')])
        {
            if (bytes != 0 && (bytes & ((1L << shift) - 1)) == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{unit}");
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
