using Dynode.Log;

namespace Dynode.Streams;

/// <summary>What a parcel says of itself.</summary>
/// <param name="Version">Of its layout.</param>
/// <param name="Protocol">Of its requests, as its publisher calls it.</param>
/// <param name="Lane">Whose it is.</param>
/// <param name="Number">Its number in the lane, from 1.</param>
/// <param name="Time">When it was published, in milliseconds since 1970, by the publisher's clock.</param>
/// <param name="Count">How many requests it has.</param>
/// <param name="IsClosing">The lane ends with it.</param>
/// <param name="Hash">Tells it from every other.</param>
/// <param name="TableBytes">Of the lanes' table; 0: it has none.</param>
/// <param name="AsOf">With a table: the number in the stream that it names.</param>
public readonly record struct ParcelHead(
    byte Version, byte Protocol, ulong Lane, ulong Number, long Time, int Count, bool IsClosing, ulong Hash, int TableBytes, ulong AsOf)
{
    /// <summary>It carries the lanes as they stood at <see cref="AsOf"/>.</summary>
    public bool HasTable => TableBytes > 0;

    /// <summary>Bytes before the first request's entry.</summary>
    internal int EntriesAt { get; init; }

    /// <summary>Bytes before each request.</summary>
    internal int EntryBytes { get; init; }

    /// <summary>The lanes' table, as <see cref="Lanes.TryRead"/> takes it.</summary>
    /// <param name="parcel">Whose head it is.</param>
    public ReadOnlySpan<byte> Table(PageChain parcel) => parcel.Head.Span.Slice(EntriesAt - TableBytes, TableBytes);

    /// <summary>The requests, one after the other. Whoever has no room for one may go on later from the same place.</summary>
    /// <param name="parcel">Whose head it is.</param>
    /// <param name="place">0: the first one is next.</param>
    /// <param name="entry">The next one.</param>
    /// <returns>False: that was the last.</returns>
    public bool TryNext(PageChain parcel, ref int place, out ParcelEntry entry)
    {
        entry = default;
        int at = Math.Max(place, EntriesAt);

        // Behind a long request that is behind the first page.
        if (at >= parcel.Head.Length)
            return false;
        var bytes = parcel.Head.Span[at..];
        int length = (int)ParcelLayout.U32(bytes, ParcelLayout.LengthAt);
        uint database = EntryBytes > ParcelLayout.DatabaseAt ? ParcelLayout.U32(bytes, ParcelLayout.DatabaseAt) : 0;
        int here = Math.Min(length, bytes.Length - EntryBytes);
        entry = new ParcelEntry(length, ParcelLayout.U32(bytes, ParcelLayout.TagAt), database, bytes.Slice(EntryBytes, here));
        place = at + EntryBytes + length;
        return true;
    }

    /// <summary>Takes out of the chain all that comes before the first request's bytes: a long one, alone in its parcel, can be adopted so.</summary>
    /// <param name="parcel">Whose head it is; a parcel no more.</param>
    public void LeaveRequest(PageChain parcel) => parcel.Cut(0, EntriesAt + EntryBytes);
}
