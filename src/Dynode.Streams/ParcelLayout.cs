using System.Buffers.Binary;

namespace Dynode.Streams;

/// <summary>
/// What stands where in a parcel, all little-endian:
/// <code>
///    0 'D' 'P'   2 version   3 flags   4 protocol   5 zero ×3
///    8 hash: XxHash3-64 of all but itself, seeded by the stream's identity
///   16 lane u64          24 number u64, of the lane         32 time i64: ms since 1970, by the publisher's clock
///   40 count u32         44 bytes of the lanes' table u32, 0: it has none
///   48 the lanes' table, should it have one
///      count × ( length u32, tag u32, database u32, the request's bytes )
/// </code>
/// The first 16 bytes are the same in all versions, and so is what the hash covers: only who has checked the hash may believe that a version is unknown, and is no flipped
/// bit. A later version adds fields behind the others, in the header and before each request; to its readers a parcel of the version before has zeros there.
/// <para>
/// Lengths stand before each request, and not together in a table before all: a parcel is written while requests come, and nobody knows how many. All of an
/// ordinary parcel lies in one page; a request too long for that goes alone, in several, and its length is in the first.
/// </para>
/// </summary>
/// <param name="Version">Whose layout it is.</param>
/// <param name="HeaderBytes">Before the lanes' table.</param>
/// <param name="EntryBytes">Before each request.</param>
internal readonly record struct ParcelLayout(byte Version, int HeaderBytes, int EntryBytes)
{
    public const ushort Magic = 'D' | ('P' << 8);
    public const int VersionAt = 2;
    public const int FlagsAt = 3;
    public const int ProtocolAt = 4;
    public const int HashAt = 8;
    public const int HashEnd = 16;
    public const int LaneAt = 16;
    public const int NumberAt = 24;
    public const int TimeAt = 32;
    public const int CountAt = 40;
    public const int TableBytesAt = 44;

    public const int LengthAt = 0;
    public const int TagAt = 4;
    public const int DatabaseAt = 8;

    /// <summary>The lane ends with this parcel. Other flags there are none: one is a version that nobody has told us of.</summary>
    public const byte Closing = 1;

    /// <summary>What this build writes unless told otherwise.</summary>
    public static readonly ParcelLayout Newest = new(ParcelVersions.Newest, 48, 12);

    /// <summary>What this build reads.</summary>
    public static readonly ParcelLayout[] Known = [Newest];

    /// <summary>The newest that whoever reads no newer version than that reads; where none is old enough the oldest.</summary>
    public static ParcelLayout For(byte newest, ParcelLayout[] known)
    {
        var best = known[0];
        foreach (var layout in known)
        {
            bool isOlder = layout.Version < best.Version;
            if (best.Version > newest ? isOlder : !isOlder && layout.Version <= newest)
                best = layout;
        }

        return best;
    }

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    public static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    public static void Put(Span<byte> bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], value);
}
