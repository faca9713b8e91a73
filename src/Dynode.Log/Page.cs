using System.Buffers.Binary;
using System.Diagnostics;

namespace Dynode.Log;

/// <summary>
/// A piece of a slab: bytes from the front, and from the back the table of the boundaries in them.
/// <code>
///   0                    Written                      Capacity
///   │ bytes ▶             │        room        ◀ table │
///   └──────┬─────┬────────┴───────────────┬──┬──┬──────┘
///          └─────┴─ where a request (raw: burst) begins, and its tag: 4 bytes each, the first one last
/// </code>
/// The table shares the page's memory, so a page of many short requests is closed by its table and one of few long
/// ones by its bytes, and neither wastes what the other needs.
/// <para>
/// A page is held by its writer, by every cursor that has not left it, and by every operation in flight; the last
/// <see cref="Release"/> gives it back to the pool. <see cref="AddRef"/> and <see cref="Release"/> may be called from
/// any thread; everything else belongs to whoever owns the page's log.
/// </para>
/// </summary>
public sealed class Page
{
    /// <summary>An offset in the page, and the tag that the log's owner gave to the request that begins there.</summary>
    internal const int BoundaryBytes = sizeof(int) + sizeof(uint);

    private readonly byte[] _array;
    private readonly int _offset;
    private int _refs;

    internal Page(Slab slab, byte[] array, int offset, int capacity)
    {
        Slab = slab;
        _array = array;
        _offset = offset;
        Capacity = capacity;
    }

    /// <summary>Bytes and table together.</summary>
    public int Capacity { get; }

    /// <summary>What the page is rented for; of no meaning while it is free.</summary>
    public MemoryShare Share { get; internal set; }

    /// <summary>The whole page, without regard to what has been written.</summary>
    public Memory<byte> Bytes => new(_array, _offset, Capacity);

    /// <summary>The same, for whoever looks at it at once.</summary>
    public Span<byte> Span => _array.AsSpan(_offset, Capacity);

    internal Slab Slab { get; }

    /// <summary>How many hold this page now. Of use to tests and to the log, which knows how many of them are cursors.</summary>
    internal int References => Volatile.Read(ref _refs);

    /// <summary>The position in the log of the page's first byte.</summary>
    internal long Start { get; set; }

    /// <summary>Bytes that the log holds here.</summary>
    internal int Written { get; private set; }

    /// <summary>The position behind the page's last byte.</summary>
    internal long End => Start + Written;

    internal int BoundaryCount { get; private set; }

    /// <summary>The number in the log of the first boundary in this page, should it have one.</summary>
    internal long FirstBoundaryNumber { get; set; }

    /// <summary>What the log's owner said was in force at that boundary.</summary>
    internal int Context { get; set; }

    /// <summary>Nothing more will be written here: the log went on to <see cref="Next"/>, or ended.</summary>
    internal bool Closed { get; set; }

    internal Page? Next { get; set; }

    /// <summary>Bytes that can still be written, with a place left for the boundary at their start.</summary>
    internal int Room => Math.Max(0, Capacity - Written - ((BoundaryCount + 1) * BoundaryBytes));

    /// <summary>Holds the page for one holder more.</summary>
    /// <exception cref="InvalidOperationException">The page is free already: whoever calls does not hold it.</exception>
    public void AddRef() => AddRefs(1);

    /// <summary>Ends one hold; the last one gives the page back to its pool.</summary>
    /// <exception cref="InvalidOperationException">It was released more often than held.</exception>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _refs);
        if (left < 0)
            throw new InvalidOperationException("A page was released more often than held.");
        if (left == 0)
            Slab.Pool.Return(this);
    }

    internal void AddRefs(int count)
    {
        int seen = Volatile.Read(ref _refs);
        while (true)
        {
            if (seen <= 0)
                throw new InvalidOperationException("A free page cannot be held again.");
            int before = Interlocked.CompareExchange(ref _refs, seen + count, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    /// <summary>Out of the free list: one hold, nothing written.</summary>
    internal void Rented(MemoryShare share)
    {
        Debug.Assert(_refs == 0, "only a free page can be rented");
        Share = share;
        Start = 0;
        FirstBoundaryNumber = 0;
        Closed = false;
        Next = null;
        Reset();
        Volatile.Write(ref _refs, 1);
    }

    /// <summary>Forgets what was written, for the only holder to begin again at the page's first byte.</summary>
    internal void Reset()
    {
        Written = 0;
        BoundaryCount = 0;
    }

    internal void Write(int count, bool boundary, uint tag = 0)
    {
        Debug.Assert(count <= Room, "written beyond the room");
        if (boundary)
            Mark(Written, tag);
        Written += count;
    }

    /// <summary>Takes the last bytes out again; no boundary lies in them.</summary>
    internal void Unwrite(int count)
    {
        Debug.Assert(count <= Written, "more than was written");
        Written -= count;
    }

    /// <summary>Notes that a request begins at <paramref name="offset"/>; not before the one noted last.</summary>
    internal void Mark(int offset, uint tag)
    {
        var entry = Entry(BoundaryCount);
        BinaryPrimitives.WriteInt32LittleEndian(entry, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[sizeof(int)..], tag);
        BoundaryCount++;
    }

    /// <summary>The offset in the page at which boundary <paramref name="index"/> of the page lies.</summary>
    internal int BoundaryOffset(int index) => BinaryPrimitives.ReadInt32LittleEndian(Entry(index));

    /// <summary>The tag of the request that begins at boundary <paramref name="index"/> of the page.</summary>
    internal uint Tag(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Entry(index)[sizeof(int)..]);

    /// <summary>How many of the page's boundaries lie before <paramref name="offset"/>: the index of the first that does not.</summary>
    internal int BoundariesBefore(int offset)
    {
        int low = 0;
        int high = BoundaryCount;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (BoundaryOffset(middle) < offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>So that a read after free shows itself, in debug builds only.</summary>
    [Conditional("DEBUG")]
    internal void Scramble() => Bytes.Span.Fill(0xDD);

    private Span<byte> Entry(int index) => _array.AsSpan(_offset + Capacity - ((index + 1) * BoundaryBytes), BoundaryBytes);
}
