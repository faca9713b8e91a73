using Dynode.Broadcast.Backends;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What is known of one server's watermark beyond the life of a connection, and how it is written. In turns only.</summary>
/// <param name="places">Of the stream.</param>
/// <param name="key">Under which it lies.</param>
/// <param name="isKept">Its place was kept beside the stream.</param>
/// <param name="keptGap">What was said of it there; null: it has missed nothing.</param>
internal sealed class ServerMark(IStreamPlaces places, ReadOnlyMemory<byte> key, bool isKept, DropReason? keptGap)
{
    private long _epoch;
    private long _connection;
    private string _runId = "";
    private bool _isSame;
    private bool _isMet;

    // What it may have been left as, by connections since the last fence.
    private readonly List<byte[]> _left = [];

    /// <summary>Of the stream.</summary>
    public IStreamPlaces Places => places;

    /// <summary>Under which it lies.</summary>
    public ReadOnlyMemory<byte> Key => key;

    /// <summary>What was said of it beside the stream, until its own word is known; null: nothing.</summary>
    public DropReason? KeptGap => _isMet ? null : keptGap;

    /// <summary>What is known of its names.</summary>
    public LearnedNames Names { get; } = new();

    /// <summary>Requests of the stream up to the delivery's cursor, counted from the log's beginning.</summary>
    public long Requests { get; set; } = places.Requests;

    /// <summary>It was seen to move.</summary>
    public bool HasCommitted { get; private set; }

    /// <summary>Requests up to which any connection was ever sent.</summary>
    public long EverSent { get; set; }

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
    public void Met(string runId)
    {
        _isSame = runId.Length > 0 && runId == _runId;
        _runId = runId;
    }

    /// <summary>Decides from where on a connection is sent the log.</summary>
    /// <param name="text">What lies under the key; null: nothing.</param>
    /// <param name="isEmpty">The server holds no data.</param>
    /// <param name="found">The watermark that lies there; null: none.</param>
    public BeginDecision Begin(ReadOnlyMemory<byte>? text, bool isEmpty, out Watermark? found)
    {
        _isMet = true;
        found = text is { } bytes ? Watermark.Read(bytes.Span) : null;
        long requests = 0;
        var spot = found is null || found.Stream != places.Stream ? PlaceSpot.Before : places.Find(found.Number, found.Index, out requests);

        // As it was left: what was done by itself since stands in no watermark, and is known to have been done.
        if (spot == PlaceSpot.Within && requests < Requests && _isSame && _left.Exists(left => left.AsSpan().SequenceEqual(text!.Value.Span)))
            requests = Requests;
        if (spot == PlaceSpot.Within && requests < Requests)
            spot = PlaceSpot.Before;
        return BeginDecision.Of(found, new BeginKnown(places.Stream, places.Last, _isSame, HasCommitted, isEmpty, isKept, keptGap), spot, requests);
    }

    /// <summary>A fence was written, which no older connection passes.</summary>
    public void Fenced(byte[] text)
    {
        _left.Clear();
        _left.Add(text);
        HasCommitted = true;
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
        places.Stream.Length > 0 && places.TryPlace(requests, out ulong number, out long index, out var table)
            ? new Watermark(places.Stream, _epoch, _connection, number, index, gap?.ToString() ?? "", table).Write()
            : null;
}
