using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>A place in the stream that a server goes on behind.</summary>
/// <param name="Number">It has all that counts of the entries up to this one.</param>
/// <param name="Index">And so many requests of what counts behind it.</param>
/// <param name="Table">The lanes, as of that entry or an earlier one: <see cref="Lanes.Write"/>.</param>
internal readonly record struct PlaceBehind(ulong Number, long Index, ReadOnlyMemory<byte> Table)
{
    /// <summary>Before all that was ever published.</summary>
    public static PlaceBehind Start { get; } = new(0, 0, TableOfNone());

    private static byte[] TableOfNone()
    {
        var none = new Lanes();
        byte[] table = new byte[none.Bytes];
        none.Write(table);
        return table;
    }
}
