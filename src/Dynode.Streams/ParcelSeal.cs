using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Makes what a <see cref="ParcelWriter"/> wrote a parcel of a lane: its number, its time, the hash. It may be done again, for another lane or number: what is inside stays.
/// Not thread-safe; allocates nothing.
/// </summary>
/// <param name="identity">The stream's.</param>
/// <param name="protocol">Of the requests.</param>
public sealed class ParcelSeal(StreamIdentity identity, byte protocol)
{
    private readonly ParcelHash _hash = new(identity);

    /// <summary>Writes into the parcel's first page.</summary>
    /// <param name="parcel">Ended by its writer.</param>
    /// <param name="lane">The publisher's.</param>
    /// <param name="number">In the lane, from 1.</param>
    /// <param name="time">In milliseconds since 1970.</param>
    /// <param name="isClosing">The lane ends with it.</param>
    /// <returns>The hash.</returns>
    public ulong Put(PageChain parcel, ulong lane, ulong number, long time, bool isClosing = false)
    {
        if (!parcel.TryPeek(out _, out var page))
            throw new InvalidOperationException("Nothing was written.");
        var header = page.Span[..ParcelLayout.Newest.HeaderBytes];
        header[ParcelLayout.FlagsAt] = isClosing ? ParcelLayout.Closing : (byte)0;
        header[ParcelLayout.ProtocolAt] = protocol;
        ParcelLayout.Put(header, ParcelLayout.LaneAt, lane);
        ParcelLayout.Put(header, ParcelLayout.NumberAt, number);
        ParcelLayout.Put(header, ParcelLayout.TimeAt, (ulong)time);
        ulong hash = _hash.Of(parcel);
        ParcelLayout.Put(header, ParcelLayout.HashAt, hash);
        return hash;
    }
}
