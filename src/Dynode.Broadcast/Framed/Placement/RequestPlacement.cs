using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Gives the requests of parcels that count their places in the shared log, in the stream's order: those of this broadcaster's clients with what
/// <see cref="Waiting"/> knows of them, those of others as nobody's. A parcel that finds no room goes on where it stopped. In turns only.
/// </summary>
internal sealed class RequestPlacement(
    LogEntrance entrance,
    LogEntryRoom room,
    Waiting waiting,
    OwnAnswers own,
    CursorOrigins cursors,
    Durations durations,
    MemoryWaiters memory,
    IServers servers,
    SharedLog log,
    PlaceMarks marks)
{
    private StreamParcel? _parcel;
    private LongRequest? _long;
    private bool _isOwn;
    private int _at;

    /// <summary>A parcel waits for room.</summary>
    public bool IsHeld => _parcel is not null;

    /// <summary>How long this broadcaster's requests waited for their places.</summary>
    public DurationCounts Waited { get; } = new();

    /// <summary>Whether all requests of a parcel are of a kind that this version knows.</summary>
    public static bool Knows(in StreamParcel parcel)
    {
        for (int at = 0; parcel.Head.TryNext(parcel.Parcel, ref at, out var entry);)
        {
            if (!new ParcelTag(entry.Tag).IsKnown || entry.Database > RequestTag.PayloadMax)
                return false;
        }

        return true;
    }

    /// <summary>Takes a parcel on: the one before must be placed.</summary>
    /// <param name="parcel">Its pages are this one's now.</param>
    /// <param name="isOwn">It is this broadcaster's: its requests are the oldest that wait.</param>
    public void Begin(in StreamParcel parcel, bool isOwn)
    {
        if (_parcel is not null)
            throw new InvalidOperationException("The parcel before it is not placed.");
        (_parcel, _isOwn, _at) = (parcel, isOwn, 0);
    }

    /// <summary>Places what is left of the parcel that was taken on.</summary>
    /// <returns>False: there is no room for it now, and servers know that they are waited for.</returns>
    public bool TryPlace(long now)
    {
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

            if (!TryPlace(now, entry.Length, entry.Tag, entry.Database, entry.Bytes, null))
                return false;
            _at = at;
        }

        if (_long is { } request && !TryPlace(now, request.Length, request.Tag, request.Database, default, parcel.Parcel))
            return false;
        _long = null;
        parcel.Parcel.Release();
        _parcel = null;
        marks.Placed(log.Next, parcel.Number);
        room.Placed(now, isHeld: false, forMemory: false);
        return true;
    }

    /// <summary>Nothing is placed any more.</summary>
    public void Release()
    {
        _parcel?.Parcel.Release();
        _parcel = null;
    }

    private bool TryPlace(long now, int length, uint tag, uint database, ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        bool hasRoom = room.HasFor(length, waits: false);
        if (hasRoom && (_isOwn ? TryPlaceOwn(bytes, chain) : TryPlaceForeign(tag, database, bytes, chain)))
            return true;
        if (hasRoom)
        {
            memory.AwaitPages();
            servers.FreeMemory();
        }

        room.Placed(now, isHeld: true, forMemory: hasRoom);
        return false;
    }

    private bool TryPlaceOwn(ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        ref var waits = ref waiting[waiting.First];
        var client = waits.IsToAnswer ? waits.Client : null;
        bool hasOrigin = cursors.TryFind(waits.Verdict, out var origin);
        if (!entrance.TryEnter(hasOrigin ? client : null, waits.Verdict, origin, waits.OpenedAt, waits.Accessed, false, bytes, default, chain))
            return false;
        marks.PlacedOne();
        var placed = waiting.Take();
        Waited.Add(durations.Now - placed.OpenedAt);
        if (!hasOrigin && client is not null)
            own.Settle(client, ErrorReason.Refused, AnswerText.CursorGone);
        if (placed.Trailer is { } trailer)
            own.Trail(placed.Client, trailer);
        return true;
    }

    private bool TryPlaceForeign(uint tag, uint database, ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        if (!entrance.TryEnter(null, new ParcelTag(tag).Verdict(database), null, durations.Now, null, false, bytes, default, chain))
            return false;
        marks.PlacedOne();
        return true;
    }

    /// <summary>Of several pages.</summary>
    private readonly record struct LongRequest(int Length, uint Tag, uint Database);
}
