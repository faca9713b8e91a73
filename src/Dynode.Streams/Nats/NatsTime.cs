using System.Globalization;
using System.Text;

namespace Dynode.Streams.Nats;

/// <summary>The engine's times, as it writes them: <c>2026-11-29T18:57:28.631540878Z</c>, with up to nine digits of a second.</summary>
internal static class NatsTime
{
    public const long NanosecondsPerMillisecond = 1_000_000;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>In nanoseconds since 1970.</summary>
    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>In nanoseconds since 1970; 0: it is none.</summary>
    public static long Nanoseconds(ReadOnlySpan<byte> text)
    {
        const int SecondsLength = 19;
        const int DigitsMax = 9;
        Span<char> chars = stackalloc char[64];
        if (text.Length is < SecondsLength or > 64)
            return 0;
        chars = chars[..Encoding.ASCII.GetChars(text, chars)];
        if (!DateTime.TryParseExact(chars[..SecondsLength], "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime seconds))
            return 0;
        ReadOnlySpan<char> rest = chars[SecondsLength..];
        long fraction = 0;
        int digits = 0;
        if (rest.StartsWith('.'))
        {
            for (rest = rest[1..]; !rest.IsEmpty && char.IsAsciiDigit(rest[0]); rest = rest[1..])
            {
                if (++digits > DigitsMax)
                    return 0;
                fraction = (fraction * 10) + (rest[0] - '0');
            }
        }

        for (; digits < DigitsMax; digits++)
            fraction *= 10;
        long zone = Zone(rest);
        return zone == long.MinValue ? 0 : (((seconds - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond) - zone) * NanosecondsPerSecond + fraction;
    }

    // Z, or +hh:mm: a server writes its own zone where it was told to. In seconds; MinValue: neither.
    private static long Zone(ReadOnlySpan<char> text)
    {
        if (text is "Z")
            return 0;
        if (text.Length != 6 || text[3] != ':' || text[0] is not ('+' or '-')
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            || !int.TryParse(text[4..], NumberStyles.None, CultureInfo.InvariantCulture, out int minutes))
        {
            return long.MinValue;
        }

        int seconds = (hours * 3600) + (minutes * 60);
        return text[0] == '-' ? -seconds : seconds;
    }
}
