using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Between the shared log and the stream that orders it: what the stream gives is placed, what clients have sent is published.
/// <code>
///   clients ─▶ Outbox ─ Waiting ─▶ LanePublisher ══▶ stream ══▶ OrderReader ─▶ Placement ─▶ SharedLog
///                          └────────────── whose it is, when it comes by ───────────▲
/// </code>
/// In turns only, but for <see cref="ReleaseAsync"/>.
/// </summary>
internal sealed class StreamFeed : IDisposable
{
    private const string UnknownTags = "a request there is of a kind that this one does not know: upgrade it";

    private readonly DataPlane _plane;
    private readonly StreamBranches _ordered;
    private readonly StreamParts _parts;
    private readonly OrderReader _reader;
    private readonly LanePublisher _publisher;
    private readonly FeedReport _report;
    private readonly FeedBeginning _beginning;
    private readonly FeedFigures _figures;
    private readonly PlaceNotes _notes;
    private readonly ReturnedParcels _returned;
    private ulong _unknown;
    private bool _isStarted;
    private bool _isDraining;
    private bool _isOver;
    private bool _isDisposed;
    private long _notedAt = Clock.Never;

    public StreamFeed(DataPlane plane, IOrderedLog ordered, StreamParts parts)
    {
        (_plane, _ordered, _parts) = (plane, new StreamBranches(ordered), parts);
        byte protocol = (byte)plane.Settings.Protocol;
        _reader = new OrderReader(_ordered, protocol) { Judged = parts.Marks.Hashes.Note };
        _publisher = new LanePublisher(_reader, _ordered, protocol, plane.Pool, MemoryShare.Backlog, plane.Clock.Time, Random.Shared, plane.Settings.ParcelsInFlightMax);
        _report = new FeedReport(plane, parts.Patience);
        _beginning = new FeedBeginning(plane, _reader, parts.Places);
        _figures = new FeedFigures(plane, _reader, _publisher, _beginning, parts);
        _notes = new PlaceNotes(_reader, _beginning, parts);
        _returned = new ReturnedParcels(plane, _publisher, parts);

        // To see which stream it is, and how far it has come. From where it is read is decided then.
        _reader.BeginNewest();
    }

    /// <summary>Nothing of this broadcaster's is on its way, and nothing waits for room.</summary>
    public bool IsIdle => _parts.Waiting.Count == 0 && !_parts.Placement.IsHeld && _beginning.HasBegun && _reader.IsCurrent;

    /// <summary>The stream that is read; null: it is not known from where, or it stands still.</summary>
    public StreamIdentity? Stream => _isOver || _unknown > 0 || !_beginning.IsSettled || _reader.Standing.Kind != StreamStandingKind.Reading ? null : _reader.Identity;

    /// <summary>The highest number that it is known to have given.</summary>
    public ulong Last => _reader.Last;

    /// <summary>All entries up to this one are in the log.</summary>
    public ulong Placed => Math.Max(_beginning.SkipTo, _reader.Lanes.Number - (IsBetween ? 1UL : 0UL));

    /// <summary>Some of the entry behind that wait for room.</summary>
    public bool IsBetween => _parts.Placement.IsHeld;

    /// <summary>Bytes of entries that were placed here.</summary>
    public long Bytes { get; private set; }

    // What comes next is kept no more, and all before it is in the log.
    private bool IsOvertaken => _beginning.IsSettled && _reader.Standing.Kind == StreamStandingKind.Retention && !_isDraining && _unknown == 0 && !_parts.Placement.IsHeld;

    /// <summary>Another reader of the same stream, beside this one.</summary>
    public StreamBranch Branch() => _ordered.Open();

    /// <summary>Values of this moment.</summary>
    public FeedSnapshot Snapshot() => _figures.Snapshot(_unknown, UnknownTags);

    /// <summary>Where each server stands in the stream.</summary>
    public (BackendAddress Server, OrderedPlace Place)[] Places() => _figures.Places(_unknown);

    /// <summary>Takes what the stream has given, and places it as far as there is room.</summary>
    public void Take(long now)
    {
        if (_isOver)
            return;
        if (!_isStarted)
        {
            if (_plane.Settings is { Protocol: Protocol.Redis, ExactlyOnce: false })
                _plane.Logger.AtLeastOnce();
            _ordered.Start(_parts.Turns.Wake);
        }

        _isStarted = true;
        _reader.Step(now);
        _beginning.TryBegin(now);
        _report.Look(_reader, _publisher, _beginning.HasBegun);
        if (!_beginning.HasBegun)
            return;
        _parts.Marks.Last = _reader.Last;
        _parts.Marks.IsWhole = _reader.State?.First == 1;
        if (IsOvertaken && _parts.Deliveries.Leaving.TryEmpty(now))
            _beginning.BeginAgain(now);
        Settle(now);
        if (_beginning.BeginsAgain)
            return;
        ulong lane = _publisher.Lane;
        while (_unknown == 0 && _parts.Placement.TryPlace(now) && _reader.TryTake(out var parcel))
        {
            // What its requests are nobody can tell, and what follows must not come before it.
            if (!ParcelRequests.Knows(parcel))
            {
                _unknown = parcel.Number;
                _plane.Logger.LogStandsStill(_unknown - 1, UnknownTags);
                parcel.Parcel.Release();
                break;
            }

            // Who has all that comes before it must join before it.
            if (_parts.Places.Reach(parcel.Number - 1, _reader.Last))
                _parts.Deliveries.Reconcile(now);
            if (_beginning.Skips(parcel))
            {
                parcel.Parcel.Release();
                continue;
            }

            _parts.Places.Counts(parcel);
            Bytes += parcel.Parcel.Length;
            _parts.Placement.Begin(parcel, isOwn: parcel.Head.Lane == lane);
        }

        Settle(now);
        if (!_parts.Placement.IsHeld)
            _parts.Marks.Reached = _reader.Lanes.Number;
        if (!_parts.Placement.IsHeld && _parts.Places.Reach(_reader.Lanes.Number, _reader.Last))
            _parts.Deliveries.Reconcile(now);
    }

    /// <summary>Publishes what clients have sent, as far as parcels may be in flight.</summary>
    public void Give(long now)
    {
        if (!_beginning.HasBegun || _isDisposed)
            return;
        _publisher.VersionMax = _parts.Outbox.VersionMax = _parts.Places.Others.ParcelsTo;
        _publisher.Step(now);
        _returned.Take();
        _parts.Outbox.ParcelBytesMax = _publisher.ParcelBytesMax;
        while (_publisher.CanPublish)
        {
            if (!_returned.IsEmpty)
            {
                if (!_returned.TryPublish())
                    return;
                continue;
            }

            if (_parts.Outbox.IsEmpty)
                return;
            var parcel = new PageChain();
            if (!_parts.Outbox.TryTake(parcel))
            {
                _parts.Memory.AwaitPages();
                return;
            }

            if (!parcel.IsEmpty)
                _publisher.Publish(parcel);
        }
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        _parts.Places.Others.Report();
        _parts.Regions.Look(Stream);

        // Who stops does not wait for a log that is away.
        if (_isDraining && (!_beginning.HasBegun || _reader.Standing.Kind != StreamStandingKind.Reading))
            _parts.Patience.GiveUpAll();
        _parts.Patience.Look(now);
        _parts.Outbox.LeaveDropped();
        if (!_beginning.HasBegun || (_notedAt != Clock.Never && now - _notedAt < TimeSpan.TicksPerSecond))
            return;
        _notedAt = _notes.TryNote(_unknown) ? now : Clock.Never;
    }

    /// <summary>Nothing is under way: what a busy time has left goes back.</summary>
    public void Rest()
    {
        _parts.Waiting.Trim();
        _parts.Outbox.Rest();
    }

    /// <summary>The broadcaster stops: no client is read any more.</summary>
    public void Drain() => _isDraining = true;

    /// <summary>No client sends any more: what they have sent gets its places, then the lane is closed, and what others publish is no affair of this broadcaster's.</summary>
    /// <returns>False: something is still on its way.</returns>
    public bool TryEnd()
    {
        // Servers leave as soon as they have all: the last that is known of them.
        if (!_isDisposed)
            _notes.TryNote(_unknown);
        if (_isOver || !_beginning.HasBegun)
            return _isOver = true;
        if (_reader.Standing.Kind != StreamStandingKind.Reading)
        {
            // Nobody waits any more, and nobody knows.
            _parts.Patience.GiveUpAll();
            return _isOver = true;
        }

        if (_parts.Waiting.Count > 0 || _parts.Placement.IsHeld)
            return false;
        _publisher.Close();
        return _isOver = _publisher.IsClosed;
    }

    /// <summary>Where each server stands is written, and others may have it.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        try
        {
            await _parts.Places.ReleaseAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            await _parts.Regions.DisposeAsync().ConfigureAwait(false);
            await _parts.Places.DisposeAsync().ConfigureAwait(false);
            await _ordered.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isOver = _isDisposed = true;
        _parts.Placement.Release();
        _parts.Outbox.Release();
        _publisher.Dispose();
        _reader.Dispose();
        _returned.Release();
    }

    private void Settle(long now)
    {
        // Nobody may be in the log from before when it goes on elsewhere, nor find a place from before in it.
        if ((_beginning.BeginsAgain && !_parts.Deliveries.Leaving.TryEmpty(now)) || !_beginning.TrySettle(now))
            return;
        _parts.Deliveries.Leaving.GoesOn();
        _parts.Placement.BeginAgain();
        _parts.Marks.Stream = _reader.Identity!.ToString();
        _parts.Marks.Note(_reader.Lanes);
        _parts.Marks.Hashes.Note(_reader.Lanes.Number, _reader.Lanes.Hash);
        _parts.Marks.PassTo(_parts.Log.Next, Math.Max(_beginning.SkipTo, _reader.Lanes.Number));
        _parts.Deliveries.Reconcile(now);
        _notedAt = Clock.Never;
    }
}
