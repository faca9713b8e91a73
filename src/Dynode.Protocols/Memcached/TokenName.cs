namespace Dynode.Protocols.Memcached;

/// <summary>A short token in two numbers, so that it can be kept and compared without its bytes.</summary>
/// <param name="Head">Its first eight bytes.</param>
/// <param name="Tail">Its last eight.</param>
/// <param name="Length">Bytes; one more than <see cref="BytesMax"/> for all that are longer, which equal no name.</param>
internal readonly record struct TokenName(ulong Head, ulong Tail, byte Length)
{
    /// <summary>The longest token that two numbers hold.</summary>
    public const int BytesMax = 2 * sizeof(ulong);

    /// <summary>The name that a token of at most <see cref="BytesMax"/> bytes has.</summary>
    public static TokenName Of(ReadOnlySpan<byte> token)
    {
        ulong head = 0;
        ulong tail = 0;
        for (int i = 0; i < token.Length; i++)
        {
            head |= i < sizeof(ulong) ? (ulong)token[i] << (8 * i) : 0;
            tail = (tail << 8) | token[i];
        }

        return new TokenName(head, tail, (byte)token.Length);
    }
}
