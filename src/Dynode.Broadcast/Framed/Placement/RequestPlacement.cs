using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Gives the requests of parcels that count their places in the shared log, in the stream's order: those of this broadcaster's clients with what
/// <see cref="Waiting"/> knows of them, those of others as nobody's. A parcel that finds no room goes on where it stopped. In turns only.
/// </summary>
internal sealed class RequestPlacement
{
    private readonly LogEntrance _entrance;
    private readonly LogEntryRoom _room;
    private readonly Waiting _waiting;
    private readonly OwnAnswers _own;
    private readonly CursorOrigins _cursors;
    private readonly Durations _durations;
    private readonly MemoryWaiters _memory;
    private readonly IServers _servers;
    private readonly SharedLog _log;
    private readonly PlaceMarks _marks;
    private readonly RangeBook _ranges;
    private readonly ParcelRequests _requests;
    private bool _isOwn;
    private long _now;

    public RequestPlacement(
        LogEntrance entrance,
        LogEntryRoom room,
        Waiting waiting,
        OwnAnswers own,
        CursorOrigins cursors,
        Durations durations,
        MemoryWaiters memory,
        IServers servers,
        SharedLog log,
        PlaceMarks marks,
        RangeBook ranges)
    {
        (_entrance, _room, _waiting, _own, _cursors) = (entrance, room, waiting, own, cursors);
        (_durations, _memory, _servers, _log, _marks, _ranges) = (durations, memory, servers, log, marks, ranges);
        _requests = new ParcelRequests(TryPlace);
    }

    /// <summary>A parcel waits for room.</summary>
    public bool IsHeld => _requests.IsHeld;

    /// <summary>How long this broadcaster's requests waited for their places.</summary>
    public DurationCounts Waited { get; } = new();

    /// <summary>Takes a parcel on: the one before must be placed.</summary>
    /// <param name="parcel">Its pages are this one's now.</param>
    /// <param name="isOwn">It is this broadcaster's: its requests are the oldest that wait.</param>
    public void Begin(in StreamParcel parcel, bool isOwn)
    {
        _ranges.Begin(parcel.Number, parcel.Head.Hash, _log.Next);
        _requests.Begin(parcel);
        _isOwn = isOwn;
    }

    /// <summary>Places what is left of the parcel that was taken on.</summary>
    /// <returns>False: there is no room for it now, and servers know that they are waited for.</returns>
    public bool TryPlace(long now)
    {
        _now = now;
        if (!_requests.TryPlace(out ulong number))
            return false;
        if (number == 0)
            return true;
        _marks.Placed(_log.Next, number);
        _room.Placed(now, isHeld: false, forMemory: false);
        return true;
    }

    /// <summary>What is placed next does not follow what was placed last.</summary>
    public void BeginAgain() => _ranges.BeginAgain();

    /// <summary>Nothing is placed any more.</summary>
    public void Release() => _requests.Release();

    private bool TryPlace(uint tag, uint database, int length, ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        bool hasRoom = _room.HasFor(length, waits: false);
        if (hasRoom && (_isOwn ? TryPlaceOwn(bytes, chain) : TryPlaceForeign(tag, database, bytes, chain)))
            return true;
        if (hasRoom)
        {
            _memory.AwaitPages();
            _servers.FreeMemory();
        }

        _room.Placed(_now, isHeld: true, forMemory: hasRoom);
        return false;
    }

    private bool TryPlaceOwn(ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        ref var waits = ref _waiting[_waiting.First];
        var client = waits.IsToAnswer ? waits.Client : null;
        bool hasOrigin = _cursors.TryFind(waits.Verdict, out var origin);
        if (!_entrance.TryEnter(hasOrigin ? client : null, waits.Verdict, origin, waits.OpenedAt, waits.Accessed, false, bytes, default, chain))
            return false;
        _marks.PlacedOne();
        _ranges.Placed(waits.Verdict.Class, waits.Verdict.Replies);
        var placed = _waiting.Take();
        Waited.Add(_durations.Now - placed.OpenedAt);
        if (!hasOrigin && client is not null)
            _own.Settle(client, ErrorReason.Refused, AnswerText.CursorGone);
        if (placed.Trailer is { } trailer)
            _own.Trail(placed.Client, trailer);
        return true;
    }

    private bool TryPlaceForeign(uint tag, uint database, ReadOnlySpan<byte> bytes, PageChain? chain)
    {
        var verdict = new ParcelTag(tag).Verdict(database);
        if (!_entrance.TryEnter(null, verdict, null, _durations.Now, null, false, bytes, default, chain))
            return false;
        _marks.PlacedOne();
        _ranges.Placed(verdict.Class, verdict.Replies);
        return true;
    }
}
