namespace Dynode.Streams;

/// <summary>A request in a parcel.</summary>
/// <param name="length">In bytes.</param>
/// <param name="tag">As its publisher gave it; of no meaning here.</param>
/// <param name="database">That it is for.</param>
/// <param name="bytes">All of it, or what of a long one lies in the parcel's first page. They last as long as the parcel.</param>
public readonly ref struct ParcelEntry(int length, uint tag, uint database, ReadOnlySpan<byte> bytes)
{
    /// <summary>In bytes.</summary>
    public int Length { get; } = length;

    /// <summary>As its publisher gave it; of no meaning here.</summary>
    public uint Tag { get; } = tag;

    /// <summary>That it is for.</summary>
    public uint Database { get; } = database;

    /// <summary>All of it, or what of a long one lies in the parcel's first page. They last as long as the parcel.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>It lies in several pages, alone: <see cref="ParcelHead.LeaveRequest"/>.</summary>
    public bool IsLong => Length > Bytes.Length;
}
