namespace Dynode.Protocols.Memcached;

/// <summary>A short token in two numbers, so that it can be kept and compared without its bytes.</summary>
/// <param name="Head">Its first eight bytes.</param>
/// <param name="Tail">Its last eight.</param>
/// <param name="Length">Bytes; one more than <see cref="BytesMax"/> for all that are longer, which equal no name.</param>
internal readonly record struct TokenName(ulong Head, ulong Tail, byte Length)
{
    /// <summary>The longest token that two numbers hold.</summary>
    public const int BytesMax = 2 * sizeof(ulong);

    /// <summary>The name that a token has.</summary>
    public static TokenName Of(ReadOnlySpan<byte> token)
    {
        var name = default(TokenName);
        foreach (byte next in token)
            name = name.With(next);
        return name;
    }

    /// <summary>The name with a byte behind it.</summary>
    public TokenName With(byte next) =>
        Length < sizeof(ulong) ? new(Head | ((ulong)next << (8 * Length)), (Tail << 8) | next, (byte)(Length + 1))
        : Length <= BytesMax ? new(Head, (Tail << 8) | next, (byte)(Length + 1))
        : this;
}
