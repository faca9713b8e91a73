using System.Buffers.Binary;
using System.Numerics;

namespace Dynode.Protocols.Redis;

/// <summary>
/// SHA-1, by which redis names scripts: https://www.rfc-editor.org/rfc/rfc3174. Nothing here is kept secret or proven by it. The runtime's own is that of OpenSSL, which the static binary
/// has not, and which would be loaded for this alone.
/// </summary>
internal static class Sha1
{
    public const int BytesMax = 20;

    private const int Block = 64;
    private const int LengthAt = 56;

    /// <summary>The hash of <paramref name="text"/>, in lower hexadecimal digits.</summary>
    public static string Of(ReadOnlySpan<byte> text)
    {
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        var rest = text;
        for (; rest.Length >= Block; rest = rest[Block..]) Mix(rest[..Block], state);
        Span<byte> last = stackalloc byte[Block];
        last.Clear();
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        if (rest.Length >= LengthAt)
        {
            Mix(last, state);
            last.Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(last[LengthAt..], (ulong)text.Length * 8);
        Mix(last, state);
        Span<byte> hash = stackalloc byte[BytesMax];
        for (int i = 0; i < state.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], state[i]);
        return Convert.ToHexStringLower(hash);
    }

    private static void Mix(ReadOnlySpan<byte> block, Span<uint> state)
    {
        Span<uint> words = stackalloc uint[80];
        for (int i = 0; i < 16; i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        for (int i = 16; i < words.Length; i++) words[i] = BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int i = 0; i < words.Length; i++)
        {
            (uint mixed, uint constant) = (i / 20) switch
            {
                0 => ((b & c) | (~b & d), 0x5A827999u),
                1 => (b ^ c ^ d, 0x6ED9EBA1u),
                2 => ((b & c) | (b & d) | (c & d), 0x8F1BBCDCu),
                _ => (b ^ c ^ d, 0xCA62C1D6u),
            };
            uint next = unchecked(BitOperations.RotateLeft(a, 5) + mixed + e + constant + words[i]);
            (a, b, c, d, e) = (next, a, BitOperations.RotateLeft(b, 30), c, d);
        }

        unchecked
        {
            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
        }
    }
}
