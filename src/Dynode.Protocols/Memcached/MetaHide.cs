namespace Dynode.Protocols.Memcached;

/// <summary>
/// What the flag q hides, for each meta command: the reply that means nothing out of the ordinary. Errors are never hidden. Tried
/// with memcached 1.6.18 and 1.6.45; they differ only in <c>ma</c> with <c>N</c>, where 1.6.18 shows that an item was made, and
/// 1.6.45, as here, does not.
/// </summary>
internal static class MetaHide
{
    /// <summary>mg: a miss, EN. A hit is shown with and without v.</summary>
    public const byte Miss = 1;

    /// <summary>ms and md: HD. That nothing was stored (NS, EX) or found (NF) is shown.</summary>
    public const byte Done = 2;

    /// <summary>ma: HD, and VA too. That nothing was found (NF) is shown.</summary>
    public const byte Counted = 3;

    /// <summary>Whether <paramref name="hide"/> hides a reply that begins so.</summary>
    public static bool Hides(byte hide, ReadOnlySpan<byte> reply) =>
        hide switch
        {
            Miss => Begins(reply, "EN"u8),
            Done => Begins(reply, "HD"u8),
            Counted => Begins(reply, "HD"u8) || Begins(reply, "VA"u8),
            _ => false,
        };

    private static bool Begins(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> code) =>
        reply.StartsWith(code) && (reply.Length == code.Length || reply[code.Length] is (byte)' ' or (byte)'\r' or (byte)'\n');
}
