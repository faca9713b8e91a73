namespace Dynode.Streams.Regions;

/// <summary>What a broadcaster's servers replied to the requests of one range of the stream: a hash in the order of the stream, of the replies that are compared alone.</summary>
/// <param name="First">The range's first number, of the stream: a multiple of <see cref="Length"/>.</param>
/// <param name="Entries">A hash of the entries there that count: two that differ in it have not read the same.</param>
/// <param name="Requests">Those whose replies are compared.</param>
/// <param name="Protocols">In which protocols the replies came whose form is one protocol's: a bit for each, the lowest for the first.</param>
/// <param name="Replies">The hash.</param>
public readonly record struct RangeReplies(ulong First, ulong Entries, int Requests, byte Protocols, ulong Replies)
{
    /// <summary>Numbers of the stream in one range.</summary>
    public const ulong Length = 1_024;

    /// <summary>The range's last number.</summary>
    public ulong Last => First + Length - 1;

    /// <summary>The first number of the range that a number is in.</summary>
    public static ulong FirstOf(ulong number) => number - (number % Length);

    /// <summary>Replies in the forms of two protocols say the same in other bytes: where both came, nothing can be compared.</summary>
    public bool IsMixed => (Protocols & (Protocols - 1)) != 0;

    /// <summary>Servers that are equal would have given the same replies to both.</summary>
    public bool IsComparable(in RangeReplies other) =>
        First == other.First && Entries == other.Entries && Requests == other.Requests && Protocols == other.Protocols && !IsMixed;
}
