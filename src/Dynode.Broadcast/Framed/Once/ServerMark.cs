using Dynode.Broadcast.Backends;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What is known of one server's watermark beyond the life of a connection, and how it is written. In turns only.</summary>
/// <param name="places">Of the stream, in the log of all.</param>
/// <param name="key">Under which it lies.</param>
/// <param name="keptRun">Its place was kept beside the stream, and this of its processes stood there; empty: which is not known; null: it was not kept.</param>
/// <param name="keptGap">What was said of it there; null: it has missed nothing.</param>
internal sealed class ServerMark(IStreamPlaces places, ReadOnlyMemory<byte> key, string? keptRun, DropReason? keptGap)
{
    private long _epoch;
    private long _connection;
    private string _runId = "";

    // The process with which a connection has begun: one that was met, and lost before that, has not been looked at.
    private string _begunRun = "";
    private bool _isMet;
    private IStreamPlaces _places = places;
    private (ulong Number, long Index, DropReason Reason)? _notThere;

    // Of the requests before where it is to go on, those that it is never sent.
    private long _dropped;

    // What it may have been left as, by connections since the last fence.
    private readonly List<byte[]> _left = [];

    /// <summary>Of the stream, in the log that it is owed.</summary>
    public IStreamPlaces Places => _places;

    /// <summary>Under which it lies.</summary>
    public ReadOnlyMemory<byte> Key => key;

    /// <summary>What was said of it beside the stream, until its own word is known; null: nothing.</summary>
    public DropReason? KeptGap => _isMet ? null : keptGap;

    /// <summary>Where it was kept to be beside the stream, before all that the log holds: there it goes on, should it have no word of its own; null: it joined where it stood, or it has.</summary>
    public PlaceBehind? Kept { get; set; }

    /// <summary>Its place was kept beside the stream.</summary>
    public bool IsKept => keptRun is not null;

    /// <summary>What is known of its names.</summary>
    public LearnedNames Names { get; } = new();

    /// <summary>Requests of the stream up to the delivery's cursor, counted from the log's beginning.</summary>
    public long Requests { get; set; } = places.Requests;

    /// <summary>It was seen to move.</summary>
    public bool HasCommitted { get; private set; }

    /// <summary>Requests up to which any connection was ever sent.</summary>
    public long EverSent { get; set; }

    /// <summary>It goes on in another log.</summary>
    /// <param name="places">Of the stream, in that one.</param>
    /// <param name="requests">Of the stream, before where it goes on there.</param>
    /// <param name="wentBack">It has less than it was sent, by its own word.</param>
    public void GoTo(IStreamPlaces places, long requests, bool wentBack)
    {
        // What was in flight may not have been done, there as here.
        EverSent = wentBack ? long.MaxValue : requests + Math.Max(0, EverSent - Requests);
        (_places, Requests, _dropped) = (places, requests, 0);
    }

    /// <summary>The oldest request is dropped for it: it goes on behind that, wherever its own word lies.</summary>
    public void Dropped() => (Requests, _dropped) = (Requests + 1, _dropped + 1);

    /// <summary>It went on at its own word, and not where this broadcaster knew it to be: what that says of a gap is true.</summary>
    public bool IsByItsWord { get; private set; }

    /// <summary>It holds nothing, and goes on in another log from the beginning of the stream: that it has no word of its own is no news there.</summary>
    public bool IsFromStart { get; set; }

    /// <summary>Behind its place nothing can be read: where that is found once more it has a gap, and goes on where it is.</summary>
    public void CannotGoOnBehind(ulong number, long index, DropReason reason) => _notThere = (number, index, reason);

    /// <summary>Of its process, as it says itself; empty: it does not.</summary>
    public string RunId => _runId;

    /// <summary>Of the process with which a connection has begun, last; empty: none has.</summary>
    public string BegunRun => _begunRun;

    /// <summary>It was sent something, and was restarted since, as far as is known.</summary>
    public bool IsRestarted => _runId.Length > 0 && (_begunRun.Length > 0 ? _runId != _begunRun : keptRun is { Length: > 0 } && _runId != keptRun);

    /// <summary>It had less than it was sent, and has not been seen to write its file anew since.</summary>
    public bool MustRewrite { get; set; }

    /// <summary>Of this life.</summary>
    public long Epoch => _epoch;

    /// <summary>Batches that were not done.</summary>
    public long Aborts { get; set; }

    /// <summary>Requests that would have been done twice, or that the server had forgotten, by its own word.</summary>
    public long RepeatsAvoided { get; set; }

    /// <summary>Begins at which somebody else's word was found, or came between.</summary>
    public long FencesLost { get; set; }

    /// <summary>Who the server says it is now.</summary>
    /// <param name="runId">Of its process; empty: it does not say.</param>
    public void Met(string runId) => _runId = runId;

    /// <summary>A connection to it has begun.</summary>
    public void Began() => _begunRun = _runId;

    /// <summary>Decides from where on a connection is sent the log.</summary>
    /// <param name="text">What lies under the key; null: nothing.</param>
    /// <param name="isEmpty">The server holds no data.</param>
    /// <param name="found">The watermark that lies there; null: none.</param>
    public BeginDecision Begin(ReadOnlyMemory<byte>? text, bool isEmpty, out Watermark? found)
    {
        bool isSame = _runId.Length > 0 && _runId == _begunRun;
        (_isMet, IsByItsWord) = (true, false);
        found = text is { } bytes ? Watermark.Read(bytes.Span) : null;
        if (found is null && IsFromStart)
            return new BeginDecision(BeginKind.AtKept, 0, null);
        long requests = 0;
        var spot = found is null || found.Stream != _places.Stream ? PlaceSpot.Before : _places.Find(found.Number, found.Index, out requests);

        // As it was left: what was done by itself since stands in no watermark, and is known to have been done.
        bool isWithin = spot == PlaceSpot.Within && requests < Requests && _left.Exists(left => left.AsSpan().SequenceEqual(text!.Value.Span));

        // Where it was left lies before this log: none of what was in flight then was done, and all that was answered.
        bool isBefore = spot == PlaceSpot.Before && _left.Count > 0 && _left[0].AsSpan().SequenceEqual(text is { } there ? there.Span : default);
        IsByItsWord = !(isSame && (isWithin || isBefore));
        if (!IsByItsWord)
            (spot, requests) = (PlaceSpot.Within, Requests);

        // What it is never sent it would be sent again, if it went on where it says: it ends where it has gone on since.
        if (_dropped > 0 && found is not null && found.Stream == _places.Stream && (spot == PlaceSpot.Before || (spot == PlaceSpot.Within && requests < Requests)))
            return spot == PlaceSpot.Within && requests + _dropped == Requests ? new BeginDecision(BeginKind.AtKnown, 0, null) : new BeginDecision(BeginKind.WithGap, 0, DropReason.Poison);
        if (spot == PlaceSpot.Within && requests < Requests)
            spot = PlaceSpot.Before;
        if (found is not null && found.Stream == _places.Stream && spot == PlaceSpot.Within && _places.IsOther(found.Table.Span))
            return new BeginDecision(BeginKind.WithGap, 0, DropReason.Forked);
        if (found is not null && _notThere is { } lost && (lost.Number, lost.Index) == (found.Number, found.Index) && found.Stream == _places.Stream)
            return new BeginDecision(BeginKind.WithGap, 0, lost.Reason);
        var decision = BeginDecision.Of(found, new BeginKnown(_places.Stream, _places.Last, isSame, HasCommitted, isEmpty, IsKept, keptGap, _places.IsWhole, _places.IsApart, IsRestarted), spot, requests);

        // It never took a watermark, was sent requests all the same, and holds nothing now.
        return decision is { Kind: BeginKind.AtKept, Gap: null } && isEmpty && !isSame && EverSent > 0 ? new BeginDecision(BeginKind.WithGap, 0, DropReason.Added) : decision;
    }

    /// <summary>A fence was written, which no older connection passes.</summary>
    public void Fenced(byte[] text)
    {
        _left.Clear();
        _left.Add(text);
        Began();
        HasCommitted = true;
        IsFromStart = false;
        _dropped = 0;
    }

    /// <summary>A connection is gone: what was answered is known, and what the watermark may be.</summary>
    /// <param name="course">What was in flight.</param>
    /// <param name="number">Of the oldest request that is not answered.</param>
    public void Left(Course course, long number)
    {
        Requests = course.RequestsAt(number);
        Aborts += course.Aborts;
        if (course.Committed is not { } committed)
            return;
        _left.Clear();
        _left.Add(committed);
        _left.AddRange(course.Unsettled);
    }

    /// <summary>The next connection's, of this life; above that of whoever wrote last.</summary>
    public void Take(Watermark? found)
    {
        if (found is not null && found.Epoch == _epoch && _epoch > 0)
        {
            _connection = Math.Max(_connection, found.Connection) + 1;
            return;
        }

        if (found is not null && _epoch > 0 && found.Epoch > _epoch)
            FencesLost++;
        _epoch = Math.Max(_epoch, found?.Epoch ?? 0) + 1;
        _connection = 1;
    }

    /// <summary>The watermark of this connection behind so many requests.</summary>
    /// <param name="requests">Counted from the log's beginning.</param>
    /// <param name="gap">Why it has missed something; null: it has not.</param>
    /// <returns>Null: that place is not known any more, or not yet.</returns>
    public byte[]? At(long requests, DropReason? gap) =>
        _places.Stream.Length > 0 && _places.TryPlace(requests, out ulong number, out long index, out var table)
            ? new Watermark(_places.Stream, _epoch, _connection, number, index, gap?.ToString() ?? "", table).Write()
            : null;
}
