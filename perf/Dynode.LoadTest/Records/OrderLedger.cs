using System.Diagnostics.CodeAnalysis;

namespace Dynode.LoadTest.Records;

/// <summary>
/// The one order of all requests, as the server that defines it received them; the others are compared with it, entry by entry. It keeps
/// what the farthest behind of them has still to be compared with, and a window before that. Guarded by <see cref="Lock"/>, as are
/// the records that read it.
/// </summary>
internal sealed class OrderLedger
{
    /// <summary>Entries behind everybody that are kept for those who begin again, or late.</summary>
    private const int Window = 1 << 18;

    private const int ChunkEntries = 1 << 16;

    private readonly List<ulong[]> _chunks = [];
    private readonly List<OrderRecord> _readers = [];
    private long _start;

    public Lock Lock { get; } = new();

    /// <summary>Entries so far.</summary>
    public long End { get; private set; }

    /// <summary>Which request it is, in one word.</summary>
    public static ulong Entry(int client, long sequence) => ((ulong)client << 32) | (uint)sequence;

    public static int ClientOf(ulong entry) => (int)(entry >> 32);

    public static long SequenceOf(ulong entry) => (uint)entry;

    public static string Describe(ulong entry) => $"request {SequenceOf(entry)} of client {ClientOf(entry)}";

    public ulong this[long position] => _chunks[(int)((position - _start) / ChunkEntries)][(position - _start) % ChunkEntries];

    /// <summary>Keeps what it has still to be compared with.</summary>
    public void Join(OrderRecord reader) => _readers.Add(reader);

    public void Leave(OrderRecord reader) => _readers.Remove(reader);

    public void Append(ulong entry)
    {
        if (End - _start == (long)_chunks.Count * ChunkEntries)
        {
            Trim();
            _chunks.Add(new ulong[ChunkEntries]);
        }

        _chunks[(int)((End - _start) / ChunkEntries)][(End - _start) % ChunkEntries] = entry;
        End++;
    }

    /// <summary>Where an entry is: every request is there once.</summary>
    /// <param name="entry">Looked for from the end backwards.</param>
    /// <param name="from">Before this it has been looked for.</param>
    /// <param name="position">Of it.</param>
    /// <returns>False: it is not there yet, or not any more.</returns>
    public bool TryFind(ulong entry, long from, out long position)
    {
        for (position = End - 1; position >= Math.Max(from, _start); position--)
        {
            if (this[position] == entry) return true;
        }

        return false;
    }

    /// <summary>The first kept entry of a range for which something holds.</summary>
    public bool TryFindFirst(long from, long to, Func<ulong, bool> holds, [NotNullWhen(true)] out ulong? found)
    {
        found = null;
        for (long position = Math.Max(from, _start); position < to; position++)
        {
            if (!holds(this[position])) continue;
            found = this[position];
            return true;
        }

        return false;
    }

    private void Trim()
    {
        long needed = End;
        foreach (OrderRecord reader in _readers) needed = Math.Min(needed, reader.Compared);
        while (_chunks.Count > 0 && _start + ChunkEntries <= needed - Window)
        {
            _chunks.RemoveAt(0);
            _start += ChunkEntries;
        }
    }
}
