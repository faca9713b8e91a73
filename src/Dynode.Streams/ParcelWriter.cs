using System.Buffers.Binary;
using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Lays requests into pages as a parcel, one parcel at a time:
/// <code>
///   TryBegin ─▶ ( TryAdd ─▶ TryWrite, as often as it takes )… ─▶ End ─▶ a ParcelSeal names lane and number
/// </code>
/// An ordinary parcel is at most one large page. A request that does not fit into an empty one goes alone, in several pages. Not thread-safe; allocates nothing.
/// </summary>
/// <param name="pool">Whose pages they are.</param>
/// <param name="share">What they count to.</param>
public sealed class ParcelWriter(PagePool pool, MemoryShare share)
{
    private ParcelLayout _layout = ParcelLayout.Newest;
    private PageChain? _parcel;
    private int _owed;
    private bool _isLong;

    internal ParcelWriter(PagePool pool, MemoryShare share, ParcelLayout layout)
        : this(pool, share) => _layout = layout;

    /// <summary>What an entry of the stream has around one request that is alone in it, in bytes: the longest request is so much shorter than the longest entry.</summary>
    public static int AroundOne => ParcelLayout.Newest.HeaderBytes + ParcelLayout.Newest.EntryBytes;

    /// <summary>Requests in the parcel so far.</summary>
    public int Count { get; private set; }

    /// <summary>What is begun from now on is of no newer version.</summary>
    public void WriteFor(byte newest) => _layout = ParcelLayout.For(newest, ParcelLayout.Known);

    /// <summary>So many bytes of requests are sure to fit into an ordinary parcel, where there are so many requests.</summary>
    /// <param name="count">Of the requests.</param>
    public static int BytesMax(int count) => PageChain.PageBytesMax - ParcelLayout.Newest.HeaderBytes - (count * ParcelLayout.Newest.EntryBytes);

    /// <summary>Begins a parcel without requests.</summary>
    /// <param name="parcel">Empty; the caller's to release, also where the parcel does not come about.</param>
    /// <param name="bytes">It is going to have about so many bytes of requests, with 12 for each: what the page is chosen by. More may come, up to a large page, if it is.</param>
    /// <param name="table">Null: it carries none.</param>
    /// <returns>False: memory is spent.</returns>
    public bool TryBegin(PageChain parcel, int bytes = PageChain.PageBytesMax, Lanes? table = null)
    {
        if (!parcel.IsEmpty)
            throw new ArgumentException("A parcel begins in an empty chain.", nameof(parcel));
        int tableBytes = table?.Bytes ?? 0;
        if (!pool.TryRentFor((int)Math.Min((long)_layout.HeaderBytes + tableBytes + bytes, PageChain.PageBytesMax), share, out var page))
            return false;
        parcel.Add(page);
        var room = parcel.Room.Span[..(_layout.HeaderBytes + tableBytes)];
        room[.._layout.HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(room, ParcelLayout.Magic);
        room[ParcelLayout.VersionAt] = _layout.Version;
        if (_layout.HeaderBytes > ParcelLayout.TableBytesAt)
            ParcelLayout.Put(room, ParcelLayout.TableBytesAt, (uint)tableBytes);
        table?.Write(room[_layout.HeaderBytes..]);
        parcel.Advance(room.Length);
        _parcel = parcel;
        Count = 0;
        _owed = 0;
        _isLong = false;
        return true;
    }

    /// <summary>Announces a request: its bytes must be written next.</summary>
    /// <param name="length">In bytes.</param>
    /// <param name="tag">Whatever its publisher wants to be known of it.</param>
    /// <param name="database">That it is for.</param>
    /// <returns>False: it does not fit behind the others, and goes into the next parcel.</returns>
    public bool TryAdd(int length, uint tag, uint database)
    {
        var parcel = Begun;
        if (_owed > 0)
            throw new InvalidOperationException("The request before is not whole.");
        int room = parcel.Room.Length;
        if (room < _layout.EntryBytes || (Count > 0 && (_isLong || length > room - _layout.EntryBytes)))
            return false;
        var entry = parcel.Room.Span[.._layout.EntryBytes];
        ParcelLayout.Put(entry, ParcelLayout.LengthAt, (uint)length);
        ParcelLayout.Put(entry, ParcelLayout.TagAt, tag);
        if (_layout.EntryBytes > ParcelLayout.DatabaseAt)
            ParcelLayout.Put(entry, ParcelLayout.DatabaseAt, database);
        parcel.Advance(entry.Length);
        Count++;
        _owed = length;
        return true;
    }

    /// <summary>Writes a piece of the request that was announced.</summary>
    /// <returns>False: it is a long one, and memory for its next page is spent; the parcel is to be given up.</returns>
    public bool TryWrite(ReadOnlySpan<byte> piece)
    {
        var parcel = Begun;
        if (piece.Length > _owed)
            throw new ArgumentException("More than was announced.", nameof(piece));
        while (true)
        {
            int written = parcel.Write(piece);
            _owed -= written;
            piece = piece[written..];
            if (piece.IsEmpty)
                return true;
            if (!pool.TryRentFor(_owed, share, out var page))
                return false;
            parcel.Add(page);
            _isLong = true;
        }
    }

    /// <summary>The parcel is whole, but for what a <see cref="ParcelSeal"/> puts there.</summary>
    public void End()
    {
        var parcel = Begun;
        if (_owed > 0)
            throw new InvalidOperationException("The last request is not whole.");
        parcel.TryPeek(out _, out var page);
        ParcelLayout.Put(page.Span, ParcelLayout.CountAt, (uint)Count);
        _parcel = null;
    }

    private PageChain Begun => _parcel ?? throw new InvalidOperationException("No parcel was begun.");
}
