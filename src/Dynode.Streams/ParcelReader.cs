using System.Buffers.Binary;
using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Says of what a stream gives as one entry whether it is a parcel of this stream, all of it, before anybody looks at what it says. Not thread-safe; allocates nothing.
/// </summary>
public sealed class ParcelReader
{
    private readonly byte _protocol;
    private readonly ParcelLayout[] _known;
    private readonly ParcelHash _hash;

    /// <summary>Of one stream.</summary>
    /// <param name="identity">The stream's.</param>
    /// <param name="protocol">What the requests must be.</param>
    public ParcelReader(StreamIdentity identity, byte protocol)
        : this(identity, protocol, ParcelLayout.Known)
    {
    }

    internal ParcelReader(StreamIdentity identity, byte protocol, ParcelLayout[] known)
    {
        _protocol = protocol;
        _known = known;
        _hash = new ParcelHash(identity);
    }

    /// <summary>Judges an entry.</summary>
    /// <param name="parcel">Its bytes, in one page if they fit into one; else the first is full.</param>
    /// <param name="head">What it says, if it is <see cref="ParcelStatus.Whole"/> or <see cref="ParcelStatus.Foreign"/>; of one that is unknown the version alone.</param>
    public ParcelStatus Read(PageChain parcel, out ParcelHead head)
    {
        head = default;
        var first = parcel.Head.Span;
        if (first.Length < ParcelLayout.HashEnd || BinaryPrimitives.ReadUInt16LittleEndian(first) != ParcelLayout.Magic)
            return ParcelStatus.Damaged;
        ulong hash = ParcelLayout.U64(first, ParcelLayout.HashAt);
        if (hash != _hash.Of(parcel))
            return ParcelStatus.Damaged;
        if (!TryFind(first[ParcelLayout.VersionAt], out var layout) || (first[ParcelLayout.FlagsAt] & ~ParcelLayout.Closing) != 0)
        {
            head = new ParcelHead { Version = first[ParcelLayout.VersionAt], Hash = hash };
            return ParcelStatus.Unknown;
        }

        if (!TryReadHead(first, layout, hash, out head) || !IsWhole(parcel, head))
            return ParcelStatus.Damaged;
        return head.Protocol == _protocol ? ParcelStatus.Whole : ParcelStatus.Foreign;
    }

    private bool TryFind(byte version, out ParcelLayout layout)
    {
        foreach (var known in _known)
        {
            if (known.Version == version)
            {
                layout = known;
                return true;
            }
        }

        layout = default;
        return false;
    }

    private static bool TryReadHead(ReadOnlySpan<byte> first, in ParcelLayout layout, ulong hash, out ParcelHead head)
    {
        head = default;
        if (first.Length < layout.HeaderBytes)
            return false;

        // What the version has not, is zero.
        Span<byte> header = stackalloc byte[ParcelLayout.Newest.HeaderBytes];
        header.Clear();
        first[..Math.Min(header.Length, layout.HeaderBytes)].CopyTo(header);
        uint tableBytes = ParcelLayout.U32(header, ParcelLayout.TableBytesAt);
        uint count = ParcelLayout.U32(header, ParcelLayout.CountAt);
        if (tableBytes > first.Length - layout.HeaderBytes || count > first.Length / layout.EntryBytes)
            return false;
        var table = first.Slice(layout.HeaderBytes, (int)tableBytes);
        ulong asOf = 0;
        if (tableBytes > 0 && !Lanes.TryReadAsOf(table, out asOf))
            return false;
        head = new ParcelHead(
            layout.Version,
            header[ParcelLayout.ProtocolAt],
            ParcelLayout.U64(header, ParcelLayout.LaneAt),
            ParcelLayout.U64(header, ParcelLayout.NumberAt),
            (long)ParcelLayout.U64(header, ParcelLayout.TimeAt),
            (int)count,
            (header[ParcelLayout.FlagsAt] & ParcelLayout.Closing) != 0,
            hash,
            (int)tableBytes,
            asOf)
        { EntriesAt = layout.HeaderBytes + (int)tableBytes, EntryBytes = layout.EntryBytes };
        return true;
    }

    /// <summary>The lengths add up: whoever walks through the requests need not look twice.</summary>
    private static bool IsWhole(PageChain parcel, in ParcelHead head)
    {
        var first = parcel.Head.Span;
        long end = head.EntriesAt;
        for (int i = 0; i < head.Count; i++)
        {
            if (end > first.Length - head.EntryBytes)
                return false;
            end += head.EntryBytes + ParcelLayout.U32(first[(int)end..], ParcelLayout.LengthAt);
        }

        return end == parcel.Length && (parcel.Length == first.Length || head.Count == 1);
    }
}
