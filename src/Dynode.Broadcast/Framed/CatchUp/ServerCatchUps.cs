using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Log;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>
/// The servers that read the stream by themselves: those whose place lies before what the log of all holds, and those that have fallen behind by more than it may hold.
/// <code>
///   in the log of all ──too far behind, or its own word is before it──▶ apart: its turn comes ─▶ reads ─▶ near: the log is held for it
///          ▲                                                                                                     │
///          └────────────────────── all is answered: its connection ends, and the next one begins there ───────────┘
/// </code>
/// In turns only.
/// </summary>
internal sealed class ServerCatchUps(CatchUpParts parts) : ICatchUp
{
    private readonly List<ServerCatchUp> _all = [];

    // Those that are to be apart, and whether their own word says that they have less than they were sent.
    private readonly Dictionary<FramedDelivery, (PlaceBehind Place, bool WentBack)> _coming = [];
    private readonly AppendRate _appended = new();
    private (bool Wants, bool Reads, ulong Number)[] _turns = [];
    private StreamFeed? _feed;
    private long _notedAt;

    /// <summary>Whose stream it is. Once, before anything else.</summary>
    public void Follow(StreamFeed feed) => _feed = feed;

    /// <inheritdoc/>
    public bool MayConnect(FramedDelivery delivery) => delivery.Once is not null || parts.Places.Written(delivery.Backend) is not null;

    /// <inheritdoc/>
    public void GoOnAt(FramedDelivery delivery, in PlaceBehind place)
    {
        delivery.GoesOnAt = place;
        _coming[delivery] = (place, delivery.Once?.Mark.HasCommitted == true);
        parts.Turns.Wake();
    }

    /// <inheritdoc/>
    public bool TryLeaveLog(FramedDelivery delivery, long now, bool must = false)
    {
        if (delivery.IsRetiring || !delivery.IsInLog || delivery.CatchUp is not null)
            return false;
        delivery.EndConnection(now, must ? "the log does not go on" : "fell behind by more than the log may hold");
        if (delivery.Connection is not null)
            delivery.EndIdle(now);
        if (!_coming.Remove(delivery, out var coming))
        {
            if (!TryPlaceOf(delivery, out var place) && !must)
                return false;
            coming = (place, false);
        }

        Leave(delivery, coming.Place, coming.WentBack);
        return true;
    }

    /// <inheritdoc/>
    public bool? HadData => parts.Places.Others.HadData;

    /// <inheritdoc/>
    public void NoteData() => parts.Places.Others.NoteData();

    /// <inheritdoc/>
    public ServerPlace? Written(FramedDelivery delivery) => parts.Places.Written(delivery.Backend);

    /// <inheritdoc/>
    public void FreeMemory() => _all.ForEach(static one => one.LetGo());

    /// <summary>At the end of a turn: reads what those may take whose turn it is.</summary>
    public void Step(long now)
    {
        Come();
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            var one = _all[i];
            if (one.Delivery.IsInLog && one.Delivery.CatchUp == one)
                continue;
            one.Release();
            _all.RemoveAt(i);
        }

        if (_all.Count == 0 || _feed!.Stream is not { } stream)
            return;
        _appended.Look(now, _feed.Bytes);
        Choose(stream);
        foreach (var one in _all.ToArray())
            Step(one, now);
        if (now - _notedAt < TimeSpan.TicksPerSecond)
            return;
        _notedAt = now;
        _all.ForEach(static one => one.Note());
    }

    /// <summary>Nothing is read any more.</summary>
    public void Dispose()
    {
        _all.ForEach(static one => one.Release());
        _all.Clear();
    }

    /// <summary>Those that are to be apart, as soon as they have no connection.</summary>
    private void Come()
    {
        if (_coming.Count == 0 || parts.Marks.Stream.Length == 0)
            return;
        foreach (var (delivery, (place, wentBack)) in _coming.ToArray())
        {
            if (delivery.IsInLog && (delivery.Connection is not null || delivery.IsRetiring))
                continue;
            _coming.Remove(delivery);
            if (delivery.IsInLog)
                Leave(delivery, place, wentBack);
        }
    }

    private void Leave(FramedDelivery delivery, in PlaceBehind place, bool wentBack)
    {
        var one = new ServerCatchUp(delivery, parts, place, Math.Max(parts.Marks.Last, place.Number));
        one.Marks.Stream = parts.Marks.Stream;
        one.Marks.IsWhole = parts.Marks.IsWhole;
        delivery.Once?.Settle();
        delivery.Once?.Mark.GoTo(one.Marks, place.Index, wentBack);
        delivery.GoTo(one.Log, one.Log.Log.Join(awaitBoundary: false), one);
        _all.Add(one);
        parts.Turns.Wake();
    }

    private void Choose(StreamIdentity stream)
    {
        if (_turns.Length != _all.Count)
            _turns = new (bool, bool, ulong)[_all.Count];
        for (int i = 0; i < _turns.Length; i++)
            _turns[i] = (_all[i].Wants, _all[i].IsReading, _all[i].Stands);
        Span<bool> reads = stackalloc bool[_turns.Length];
        CatchUpTurns.Choose(_turns, parts.Plane.Settings.CatchUpServersMax, reads);
        for (int i = 0; i < reads.Length; i++)
        {
            if (!reads[i])
                _all[i].Stop();
            else if (!_all[i].IsReading)
                _all[i].Start(_feed!.Branch(), stream);
        }
    }

    private void Step(ServerCatchUp one, long now)
    {
        // It gets what its own log holds, as others get what the log of all holds.
        if (one.Delivery.IsRetiring)
        {
            one.LetGo();
            return;
        }

        if (!one.IsPlaceKnown)
        {
            GiveUp(one, DropReason.Earlier, "nobody can read how the lanes stood there", now);
            return;
        }

        StreamStanding? fault = null;
        if (one.IsReading && one.TryRead(now, _appended.BytesPerSecond, _feed!.Last, Of(one).Limit, out fault))
            parts.Turns.Wake();
        if (fault is { } standing)
        {
            var reason = standing.Kind switch
            {
                StreamStandingKind.WentBack => DropReason.Ahead,
                StreamStandingKind.Forked => DropReason.Forked,
                _ => DropReason.Retention,
            };
            GiveUp(one, reason, FeedReport.Why(standing), now);
            return;
        }

        switch (Of(one).Next(parts.Plane.Settings.BacklogBytesMax / 2))
        {
            case CatchUpStep.Hold:
                one.Hold(_feed!.Placed);
                parts.Turns.Wake();
                break;
            case CatchUpStep.LetGo:
                one.LetGo();
                break;
            case CatchUpStep.Join:
                one.Delivery.EndIdle(now);
                one.Join();
                _all.Remove(one);
                parts.Turns.Wake();
                break;
        }
    }

    private CatchUpStanding Of(ServerCatchUp one) => new(one.Has, _feed!.Placed, _feed.IsBetween, one.HeldAt, one.HeldBytes, one.IsAnswered);

    /// <summary>It cannot be read on behind its place: it goes on where the log is, with a gap.</summary>
    private void GiveUp(ServerCatchUp one, DropReason reason, string why, long now)
    {
        if (_feed!.IsBetween)
            return;
        parts.Plane.Logger.NotThere(one.Delivery.Backend.Address, one.Stands, why);
        one.Delivery.EndConnection(now, "has a gap");
        if (one.Delivery.Connection is not null)
            one.Delivery.EndIdle(now);
        one.Delivery.Standing.Missed(reason, parts.Log.Next);
        one.Delivery.Once?.Mark.CannotGoOnBehind(one.Place.Number, one.Place.Index, reason);
        one.LetGo();
        one.Hold(_feed.Placed);
        one.Join();
        _all.Remove(one);
        parts.Turns.Wake();
    }

    /// <summary>Where it stands in the log of all, as a place in the stream.</summary>
    private bool TryPlaceOf(FramedDelivery delivery, out PlaceBehind place)
    {
        place = default;

        // Its server was not asked yet, and may stand no further than where it was kept to be.
        if (delivery.Once?.Mark.Kept is { } kept)
        {
            place = kept;
            return true;
        }

        delivery.Once?.Settle();
        long requests = delivery.Once?.Mark.Requests ?? 0;
        if (delivery.Once is null && !parts.Marks.TryCount(delivery.NumberDone, end => OfStream(delivery, end), out requests))
            return false;
        if (!parts.Marks.TryPlace(requests, out ulong number, out long index, out var table))
            return false;
        place = new PlaceBehind(number, index, table);
        return true;
    }

    private static long OfStream(FramedDelivery delivery, long end)
    {
        var log = delivery.Log.Log;
        long count = 0;
        for (var at = LogScan.At(log, delivery.Cursor); at.Number < end && at.TryPeek(log, delivery.Cursor, out var entry); at.Pass(entry))
            count += new RequestTag(entry.Tag).IsOfStream ? 1 : 0;
        return count;
    }
}
