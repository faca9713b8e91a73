using Dynode.Protocols;
using Dynode.Streams.Regions;

namespace Dynode.Broadcast.Framed.Regions;

/// <summary>
/// Adds up what one server replies to the requests of the stream, range by range, in their order. A range is told only if each of its requests was certainly sent once, over one connection that began before
/// it, and answered by what equal servers would say; whatever is in doubt spoils the range that it is in, and the server is told of again from the next one on.
/// <code>
///   ranges       ───────┬───────────────┬───────────────┬───────────────┬────
///   connection     opens ▲  x: may have been sent before │     lost ▲ opens
///                spoilt          told            told        spoilt
/// </code>
/// Allocates nothing but for the list of what is told. In turns only.
/// </summary>
internal sealed class ReplyTally(RangeBook book)
{
    /// <summary>Told ranges that wait to be taken.</summary>
    private const int ToldMax = RangeList.Max;

    private readonly Queue<RangeReplies> _told = new();
    private ReplyRange? _range;
    private ulong _hash;
    private int _requests;
    private byte _protocols;
    private bool _isSpoilt;
    private bool _hasGap;

    /// <summary>A connection is ready: what the log holds now may have been sent over another before.</summary>
    public void Open()
    {
        Start(book.Newest);
        _isSpoilt = true;
    }

    /// <summary>The connection is no more, or what comes on it is no affair of the stream's log.</summary>
    public void Close()
    {
        book.Spoilt += _range is not null && !TryTell(_range) ? 1 : 0;
        _range = null;
    }

    /// <summary>The server has missed something, or was made equal: what it says in between is not what others say.</summary>
    /// <param name="hasGap">It has from now on.</param>
    public void Missed(bool hasGap) => (_hasGap, _isSpoilt) = (hasGap, true);

    /// <summary>Replies have come to requests of the stream that are compared, one behind the other.</summary>
    /// <param name="number">Of the first, in the log.</param>
    /// <param name="count">So many.</param>
    /// <param name="hash">By which each is compared.</param>
    /// <param name="form">Of each.</param>
    /// <param name="protocol">In which they came.</param>
    public void Add(long number, int count, uint hash, ReplyForm form, int protocol)
    {
        if (_range is null)
            return;
        for (int i = 0; i < count; i++)
        {
            while (number + i >= _range.End)
                Turn();
            _isSpoilt |= form == ReplyForm.OfState;
            if (form == ReplyForm.OfProtocol)
                _protocols |= (byte)(1 << (protocol - RequestVerdict.FirstProtocol));
            _hash = RangeHash.With(_hash, hash);
            _requests++;
        }
    }

    /// <summary>The oldest range that is known, and was not taken yet.</summary>
    public bool TryTake(out RangeReplies told)
    {
        if (_range is { IsClosed: true } range && _requests == range.Requests)
            Turn();
        return _told.TryDequeue(out told);
    }

    private void Turn()
    {
        var range = _range!;
        book.Spoilt += TryTell(range) ? 0 : 1;
        Start(range.Next!);
    }

    /// <returns>False: it is not known for certain. One without a request that is compared is told by nobody.</returns>
    private bool TryTell(ReplyRange range)
    {
        if (range is { IsClosed: true, Requests: 0 })
            return true;
        var told = new RangeReplies(range.First, range.Entries, range.Requests, _protocols, _hash);
        if (_isSpoilt || _hasGap || !range.IsClosed || !range.IsWhole || _requests != range.Requests || told.IsMixed)
            return false;
        if (_told.Count == ToldMax)
            _told.Dequeue();
        _told.Enqueue(told);
        return true;
    }

    private void Start(ReplyRange range) => (_range, _hash, _requests, _protocols, _isSpoilt) = (range, 0, 0, 0, _hasGap);
}
