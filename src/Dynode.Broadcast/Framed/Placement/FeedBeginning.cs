using Dynode.Broadcast.Plane;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// From where the stream is read when a broadcaster begins:
/// <code>
///   places are known    behind the earliest of its servers' places that is not far back; the others join as the log comes to theirs, those farther back read the stream by themselves
///   none is             from now on. What was published before is looked through, if it is little: where nothing ever was, nobody has missed anything
///   it was overtaken    what it was to read next is kept no more: from where the stream begins now. Its servers go by their own places, as at a start
/// </code>
/// In turns only.
/// </summary>
internal sealed class FeedBeginning(DataPlane plane, OrderReader reader, ServerPlaces places)
{
    /// <summary>No more entries are read only to see whether there was ever a request.</summary>
    private const ulong LookedThroughMax = 4_096;

    /// <summary>Who stands farther back, in entries, is not waited for.</summary>
    private const ulong NearMax = 1_024;

    /// <summary>Where no table of the lanes is kept one is looked for so much later: others publish some.</summary>
    private static readonly TimeSpan TableAwaited = TimeSpan.FromSeconds(5);

    private StreamIdentity? _stream;
    private ulong _skipTo;
    private bool _looksThrough;
    private bool _isHere;
    private bool _isReading;
    private bool _isSettled;
    private long _skipped;
    private ulong? _overtakenAt;
    private long _lookedAt = Clock.Never;

    /// <summary>It is decided.</summary>
    public bool HasBegun => _stream is not null;

    /// <summary>The log begins where it was decided.</summary>
    public bool IsSettled => _isSettled;

    /// <summary>The log is to go on elsewhere than behind what it holds, and does not yet.</summary>
    public bool BeginsAgain => _overtakenAt is not null && !_isSettled;

    /// <summary>Times that what was to be read next was kept no more.</summary>
    public long Overtaken { get; private set; }

    /// <summary>All that its servers have together: what comes next is placed.</summary>
    public ulong SkipTo => _skipTo;

    /// <summary>Decides, once the stream and all places are known.</summary>
    public void TryBegin(long now)
    {
        if (HasBegun || reader.Identity is not { } stream || reader.Standing.Kind is StreamStandingKind.Away or StreamStandingKind.Fault)
            return;
        if (!_isHere)
            places.Hurry();
        _isHere = true;
        if (!places.AreKnown(now))
            return;
        _stream = stream;
        _skipTo = reader.Last;
        var lanes = new Lanes();
        if (places.Earliest(stream, _skipTo - Math.Min(_skipTo, NearMax), _skipTo) is { } earliest && lanes.TryRead(earliest.Table.Span))
        {
            _skipTo = earliest.Number;
            reader.BeginAt(lanes, stream);
        }
        else if (_skipTo <= LookedThroughMax)
        {
            _looksThrough = true;
            reader.BeginOldest();
        }
        else
        {
            reader.BeginNewest();
        }

        plane.Logger.LogRead(_skipTo);
        reader.Step(now);
    }

    /// <summary>What was to be read next is kept no more: it goes on where the stream begins now. Nobody is in the log any more.</summary>
    public void BeginAgain(long now)
    {
        (_overtakenAt, _skipTo, _isSettled, _isReading, _looksThrough) = (reader.Lanes.Number, 0, false, false, false);
        Overtaken++;
        reader.BeginOldest(_stream);
        reader.Step(now);
    }

    /// <summary>Before anything is taken, and when all has been: reading may have begun.</summary>
    /// <returns>True, once: servers that stand where the log begins must join before anything is placed.</returns>
    public bool TrySettle(long now)
    {
        if (_isSettled || !HasBegun)
            return false;
        if (reader.Standing.Kind == StreamStandingKind.Retention)
        {
            // The place is kept no more: those who stand there have missed what went, and no more than that.
            reader.BeginOldest(_stream);
            reader.Step(now);
        }

        if (!_isReading && reader.Standing.Kind == StreamStandingKind.Forked)
        {
            // Whoever stands there has what the stream has lost: that is found when he reads it by himself.
            _skipTo = reader.Last;
            reader.BeginNewest(_stream);
            reader.Step(now);
        }

        if (reader.Standing.Kind == StreamStandingKind.NoTable && (_lookedAt == Clock.Never || now - _lookedAt >= TableAwaited.Ticks))
        {
            _lookedAt = now;
            reader.BeginOldest(_stream);
            reader.Step(now);
        }

        if (reader.Standing.Kind != StreamStandingKind.Reading)
            return false;
        if (!_isReading)
            _looksThrough &= reader.Lanes.Number == 0;
        _isReading = true;
        if (reader.Lanes.Number < _skipTo && _looksThrough)
            return false;
        _isSettled = true;
        if (_overtakenAt is { } mine)
            plane.Logger.LogOvertaken(reader.Lanes.Number, mine);
        places.Begin(_stream!, Math.Max(_skipTo, reader.Lanes.Number), reader.Last, isEmpty: _looksThrough && _skipped == 0);
        return true;
    }

    /// <summary>A parcel that all of its servers have: nothing of it is placed.</summary>
    public bool Skips(in StreamParcel parcel)
    {
        if (parcel.Number > _skipTo)
            return false;
        _skipped += parcel.Head.Count;
        return true;
    }
}
