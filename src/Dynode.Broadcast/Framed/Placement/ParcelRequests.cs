using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>Takes one request of a parcel to its place.</summary>
/// <param name="tag">What is to be known of it: <see cref="ParcelTag"/>.</param>
/// <param name="database">That it is for.</param>
/// <param name="length">In bytes.</param>
/// <param name="bytes">All of it; empty where it lies in a chain.</param>
/// <param name="chain">Null: it is in the bytes.</param>
/// <returns>False: it cannot be placed now.</returns>
internal delegate bool PlaceRequest(uint tag, uint database, int length, ReadOnlySpan<byte> bytes, PageChain? chain);

/// <summary>The requests of one parcel that counts, one by one; what finds no place now is given again later. In turns only.</summary>
internal sealed class ParcelRequests(PlaceRequest place)
{
    private StreamParcel? _parcel;
    private LongRequest? _long;
    private int _at;

    /// <summary>A parcel is under way.</summary>
    public bool IsHeld => _parcel is not null;

    /// <summary>Whether all requests of a parcel are of a kind that this version knows.</summary>
    public static bool Knows(in StreamParcel parcel)
    {
        for (int at = 0; parcel.Head.TryNext(parcel.Parcel, ref at, out var entry);)
        {
            if (!new ParcelTag(entry.Tag).IsKnown || entry.Database > Sequence.RequestTag.PayloadMax)
                return false;
        }

        return true;
    }

    /// <summary>Takes a parcel on: the one before must be done.</summary>
    /// <param name="parcel">Its pages are this one's now.</param>
    public void Begin(in StreamParcel parcel)
    {
        if (_parcel is not null)
            throw new InvalidOperationException("The parcel before it is not placed.");
        (_parcel, _at) = (parcel, 0);
    }

    /// <summary>Places what is left of the parcel that was taken on.</summary>
    /// <param name="number">Of the parcel, in the stream; 0: there was none.</param>
    /// <returns>False: some of it cannot be placed now.</returns>
    public bool TryPlace(out ulong number)
    {
        number = _parcel?.Number ?? 0;
        if (_parcel is not { } parcel)
            return true;
        int at = _at;
        while (_long is null && parcel.Head.TryNext(parcel.Parcel, ref at, out var entry))
        {
            if (entry.IsLong)
            {
                // Alone in its parcel: what is left of that is the request itself.
                _long = new LongRequest(entry.Length, entry.Tag, entry.Database);
                parcel.Head.LeaveRequest(parcel.Parcel);
                break;
            }

            if (!place(entry.Tag, entry.Database, entry.Length, entry.Bytes, null))
                return false;
            _at = at;
        }

        if (_long is { } request && !place(request.Tag, request.Database, request.Length, default, parcel.Parcel))
            return false;
        _long = null;
        parcel.Parcel.Release();
        _parcel = null;
        return true;
    }

    /// <summary>Nothing is placed any more.</summary>
    public void Release()
    {
        _parcel?.Parcel.Release();
        _parcel = null;
    }

    /// <summary>Of several pages.</summary>
    private readonly record struct LongRequest(int Length, uint Tag, uint Database);
}
