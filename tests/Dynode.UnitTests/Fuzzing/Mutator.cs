using System.Globalization;
using System.Text;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>Makes hostile inputs of good ones: by one to eight changes, of bits, bytes, numbers, words that mean something, and pieces of other inputs.</summary>
/// <param name="tokens">What means something to who reads the inputs.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> tokens)
{
    /// <summary>Long enough for each of the readers' own thresholds but those of megabytes, which tests of limits are for.</summary>
    public const int BytesMax = 8 << 10;

    private const int ChangesMax = 8;

    // Ends of what numbers are kept in, and numbers that are written so that some read them and others do not.
    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "+1", "00", "007", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e9", "0x10", "512mb", "16777216", "16777217", "1 ", " 1", "٣",
    ];

    /// <summary>One input.</summary>
    /// <param name="random">By which all is chosen.</param>
    /// <param name="from">Inputs that are known, at least one.</param>
    public byte[] Next(Random random, IReadOnlyList<byte[]> from)
    {
        List<byte> bytes = [.. from[random.Next(from.Count)]];

        // One is often all that a text with a structure survives.
        for (int i = random.Next(2) == 0 ? 1 : random.Next(1, ChangesMax + 1); i > 0; i--)
            Change(random, bytes, from);
        return [.. bytes.Take(BytesMax)];
    }

    private void Change(Random random, List<byte> bytes, IReadOnlyList<byte[]> from)
    {
        int at = random.Next(bytes.Count + 1);
        int length = random.Next(Math.Min(bytes.Count - at, random.Next(4) == 0 ? 512 : 8) + 1);
        switch (random.Next(12))
        {
            case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.RemoveRange(at, length); break;
            case 3: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
            case 4: bytes.RemoveRange(at, bytes.Count - at); break;
            case 5: bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(random.Next(8) == 0 ? 2_000 : 20))); break;
            case 6: bytes.AddRange(from[random.Next(from.Count)]); break;
            case 7: Splice(random, bytes, at, from[random.Next(from.Count)]); break;
            case 8: Renumber(random, bytes, at); break;
            case 9 when at < bytes.Count: bytes[at] = (byte)random.Next(32); break;
            default: bytes.InsertRange(at, tokens[random.Next(tokens.Count)]); break;
        }
    }

    private static void Splice(Random random, List<byte> bytes, int at, byte[] other)
    {
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)));
    }

    // The next number of digits, whatever it counts.
    private static void Renumber(Random random, List<byte> bytes, int at)
    {
        int first = bytes.FindIndex(at, static b => char.IsAsciiDigit((char)b));
        if (first < 0)
            return;
        int end = bytes.FindIndex(first, static b => !char.IsAsciiDigit((char)b));
        end = end < 0 ? bytes.Count : end;
        string digits = Encoding.ASCII.GetString([.. bytes[first..end]]);
        string number = random.Next(2) == 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? unchecked(value + random.Next(-2, 3)).ToString(CultureInfo.InvariantCulture)
            : Numbers[random.Next(Numbers.Length)];
        bytes.RemoveRange(first, end - first);
        bytes.InsertRange(first, Encoding.UTF8.GetBytes(number));
    }
}
