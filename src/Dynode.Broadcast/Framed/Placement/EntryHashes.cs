using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// What the newest entries were: so that a place which was said in a part of the stream that it has lost is not taken for one in what came instead. In turns only.
/// </summary>
internal sealed class EntryHashes
{
    private const int EntriesMax = 16_384;

    // By the lowest bits of the number.
    private readonly (ulong Number, ulong Hash)[] _entries = new (ulong, ulong)[EntriesMax];

    /// <summary>An entry was read, or is the one behind which it was begun to read.</summary>
    /// <param name="number">In the stream.</param>
    /// <param name="hash">Of it; 0: it is not known.</param>
    public void Note(ulong number, ulong hash)
    {
        if (hash != 0)
            _entries[number % EntriesMax] = (number, hash);
    }

    /// <summary>Whether the entry that a table is as of is another one than was read.</summary>
    /// <param name="table">Of the lanes: <see cref="Lanes.Write"/>.</param>
    /// <returns>False: it is that one, or it is not known.</returns>
    public bool IsOther(ReadOnlySpan<byte> table)
    {
        var lanes = new Lanes();
        if (!lanes.TryRead(table) || lanes.Number == 0 || lanes.Hash == 0)
            return false;
        var (number, hash) = _entries[lanes.Number % EntriesMax];
        return number == lanes.Number && hash != lanes.Hash;
    }
}
