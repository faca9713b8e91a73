namespace Dynode.Protocols.Redis;

/// <summary>A name in upper case as one number, so that it is compared and looked up at once and costs no memory.</summary>
/// <param name="Value">Its bytes, the first one lowest; 0: none, or longer than <see cref="BytesMax"/>.</param>
internal readonly record struct PackedName(UInt128 Value)
{
    /// <summary>Bytes; every name in the tables is shorter, so a longer one is in none of them.</summary>
    public const int BytesMax = 16;

    /// <summary>Letters are taken in either case; bytes beyond ASCII as they are.</summary>
    public static PackedName Of(ReadOnlySpan<byte> name)
    {
        if (name.Length > BytesMax) return default;
        ulong low = 0;
        ulong high = 0;
        for (int i = name.Length - 1; i >= 0; i--)
        {
            ulong letter = name[i];
            if (letter - 'a' <= 'z' - 'a') letter -= 'a' - 'A';
            high = high << 8 | low >> 56;
            low = low << 8 | letter;
        }

        return new(new UInt128(high, low));
    }
}
