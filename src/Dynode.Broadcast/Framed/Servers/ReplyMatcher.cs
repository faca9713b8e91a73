using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What a reply turned out to be.</summary>
internal enum MatchOutcome
{
    /// <summary>The one of the request that was next, or a part of it.</summary>
    Matched,

    /// <summary>Its request has not wholly been sent: it waits.</summary>
    TooEarly,

    /// <summary>Nothing was asked: a fault of the server, after which no reply of this connection can be trusted.</summary>
    Unasked,

    /// <summary>Not now, nothing done: it acknowledges nothing.</summary>
    NotNow,
}

/// <summary>
/// Gives the replies of one connection to the requests that they answer: in order, by the log's own table alone. A reply that was
/// taken whole acknowledges its request: the delivery's cursor leaves it. It dies with its connection, so no reply can ever be
/// matched to a request that another one sent. In turns only.
/// </summary>
internal sealed class ReplyMatcher(FramedDelivery delivery, ServerParts parts, LogScan start)
{
    /// <summary>Usual replies looked for at once: enough that what each batch costs is nothing, and few enough that the look ahead is, where it was in vain.</summary>
    private const int RunMax = 64;

    private readonly FanOutLog _log = parts.Log.Log;
    private readonly SlotRing _ring = parts.Ring;
    private readonly Voting _voting = parts.Voting;
    private readonly Voter _voter = delivery.Voter;
    private LogScan _next = start;
    private LogEntry _entry;
    private UsualReply _usual;
    private LongReply? _long;
    private QueuedRefusal _refused;
    private ReplyKind _kind;
    private ulong _hash;
    private int _seen;

    /// <summary>The number of the oldest request that is not acknowledged.</summary>
    public long Number => _next.Number;

    /// <summary>What the refusing server said.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>The client that must take some of its replies before the next one is read; null: there is none.</summary>
    public IAnswered? WaitsFor
    {
        get
        {
            long number = IsInParts ? _entry.Number : Number;
            return _ring.Holds(number) ? WaitsForOf(_ring[number], _long is { IsStreaming: true }) : null;
        }
    }

    private bool IsInParts => _long is { IsUnderWay: true };

    /// <summary>The request that is answered next.</summary>
    /// <returns>False: the log holds none.</returns>
    public bool TryPeek(out LogEntry entry) => _next.TryPeek(_log, delivery.Cursor, out entry);

    /// <summary>Whether the next reply may be taken.</summary>
    /// <param name="sent">The position up to which the kernel took requests.</param>
    public MatchOutcome MayTake(long sent)
    {
        if (IsInParts)
            return MatchOutcome.Matched;
        if (!TryPeek(out _entry) || _entry.Start >= sent)
            return MatchOutcome.Unasked;
        return _entry.End > sent ? MatchOutcome.TooEarly : MatchOutcome.Matched;
    }

    /// <summary>Takes what <see cref="MayTake"/> allowed.</summary>
    public MatchOutcome Take(in ReplyPart part, long now)
    {
        var tag = new RequestTag(_entry.Tag);
        if (part.IsFirst && !TryClassify(part.Bytes, tag))
            return MatchOutcome.NotNow;

        // Of a transaction only the last reply is the client's; the others are the broadcaster's to count.
        bool isLastReply = _seen + 1 == tag.Replies;
        bool isWhole = part.IsFirst && part.IsLast;
        if (!isWhole)
            TakePart(part, isClients: isLastReply && tag.Kind == RequestKind.Client);
        if (!part.IsLast)
            return MatchOutcome.Matched;
        var comparedAs = isWhole && _ring.Holds(_entry.Number) ? _ring[_entry.Number].ComparedAs : null;
        ulong hash = !isWhole ? _long!.Complete() : comparedAs is { } replyClass ? parts.Protocol.Hash(part.Bytes, replyClass) : 0;
        _hash = _seen == 0 ? hash : (_hash * 31) + hash;
        if (_kind == ReplyKind.Error && isWhole && !isLastReply)
            _refused.Take(part.Bytes, _seen);
        _seen++;
        if (!isLastReply)
            return MatchOutcome.Matched;
        if (isWhole && _kind == ReplyKind.Normal && IsPlain(tag) && !(_usual.Serves(comparedAs) && _usual.Bytes.SequenceEqual(part.Bytes)))
            _usual = UsualReply.Of(part.Bytes, VotedHash, comparedAs);
        Answer(tag, isWhole ? _refused.Explained(parts.Protocol, part.Bytes, _kind == ReplyKind.Error) : default, isWhole);
        Acknowledge(now);
        return MatchOutcome.Matched;
    }

    /// <summary>
    /// Takes replies for as long as each is the same as the one before, which is how servers answer writes: neither framed nor
    /// classified nor hashed anew.
    /// </summary>
    /// <param name="intake">Where they are.</param>
    /// <param name="sent">The position up to which the kernel took requests.</param>
    /// <param name="now">The turn's time.</param>
    public void TakeUsual(ref ReplyIntake intake, long sent, long now)
    {
        long from = _next.Position;
        int run = 0;
        while (_seen == 0 && !_usual.IsNone && (run > 0 || (run = intake.CountNext(_usual.Bytes, RunMax)) > 0))
        {
            int taken = TakeVotes(run, sent);
            if (taken == 0 && TryTakeAnswer(sent))
                taken = 1;
            if (taken == 0)
                break;
            intake.Skip(taken * _usual.Bytes.Length);
            run -= taken;
        }

        if (_next.Position > from)
            delivery.Acknowledged(_next.Position - from, now);
    }

    /// <summary>Requests that get no reply are acknowledged when they have been sent.</summary>
    public void AcknowledgeSent(long sent, long now)
    {
        long from = _next.Position;
        while (TryPeek(out _entry) && _entry.End <= sent && new RequestTag(_entry.Tag).Replies == 0)
        {
            _next.Pass(_entry);
            _next.Pass(_next.CountAlike(_log, delivery.Cursor, _entry.Tag, sent, int.MaxValue));
        }

        if (_next.Position > from)
            delivery.Acknowledged(_next.Position - from, now);
    }

    /// <summary>The connection is gone.</summary>
    public void End() => _long?.End();

    /// <summary>What a reply is, by its first bytes. False: the server would not, or must not, go on.</summary>
    private bool TryClassify(ReadOnlySpan<byte> reply, RequestTag tag)
    {
        _kind = parts.Protocol.Classify(reply[..Math.Min(64, reply.Length)]);
        if (_kind == ReplyKind.NotNow && delivery.IsSecondRefusal(_entry.Number))
            _kind = ReplyKind.Error;
        if (_kind != ReplyKind.NotNow && (_kind != ReplyKind.Error || tag.Kind != RequestKind.Select))
            return true;
        Refusal = tag.Kind == RequestKind.Select ? $"refuses database {tag.Database}: {Printable(reply)}" : Printable(reply);
        return false;
    }

    /// <summary>Takes of the usual reply those that come behind the answer, many at a time: no more than a vote is made of each.</summary>
    /// <returns>How many.</returns>
    private int TakeVotes(int max, long sent)
    {
        if (!_voting.IsDecided(Number))
            return 0;
        int count = _next.CountAlike(_log, delivery.Cursor, RequestTag.Of(1).Bits, sent, max);
        count = _voting.RepliedAlike(_voter, Number, count, _usual);
        _next.Pass(count);
        return count;
    }

    /// <summary>Takes the usual reply where it may be the answer.</summary>
    /// <returns>False: it is not as usual here, or must wait.</returns>
    private bool TryTakeAnswer(long sent)
    {
        if (MayTake(sent) != MatchOutcome.Matched || !IsPlain(new RequestTag(_entry.Tag)))
            return false;
        if (_ring.Holds(_entry.Number))
        {
            ref var slot = ref _ring[_entry.Number];
            if (!_usual.Serves(slot.ComparedAs) || WaitsForOf(slot, isStreaming: false) is not null)
                return false;
            _voting.Replied(_voter, _entry.Number, ref slot, _usual.Bytes, _usual.HashFor(slot.ComparedAs));
        }

        _next.Pass(_entry);
        return true;
    }

    private void Answer(RequestTag tag, ReadOnlySpan<byte> reply, bool isWhole)
    {
        bool isError = _kind == ReplyKind.Error;
        if (tag.Kind != RequestKind.Client && !isError)
            delivery.Proven(tag.Database);
        if (tag.Kind == RequestKind.Select)
            return;
        if (isWhole)
            _voting.Replied(_voter, _entry.Number, reply, null, isError, VotedHash);
        else
            _long!.Vote(isError, VotedHash);
    }

    private void TakePart(in ReplyPart part, bool isClients)
    {
        _long ??= new LongReply(_voter, parts);
        if (part.IsFirst)
            _long.Begin(_entry.Number, isClients, _kind == ReplyKind.Error);
        _long.Add(part.Bytes);
    }

    /// <summary>Votes are compared by 32 bits.</summary>
    private uint VotedHash => (uint)(_hash ^ (_hash >> 32));

    /// <summary>A client's own request, with one reply.</summary>
    private static bool IsPlain(RequestTag tag) => tag is { Kind: RequestKind.Client, Replies: 1 };

    private static IAnswered? WaitsForOf(in Slot slot, bool isStreaming) =>
        (!slot.IsDecided || isStreaming) && slot.Client is { IsFarBehind: true } client ? client : null;

    private void Acknowledge(long now)
    {
        delivery.Acknowledged(_entry.Length, now);
        _next.Pass(_entry);
        _refused = default;
        _seen = 0;
    }

    /// <summary>The first line of a reply, for the log.</summary>
    public static string Printable(ReadOnlySpan<byte> reply)
    {
        var text = new System.Text.StringBuilder();
        foreach (byte b in reply[..Math.Min(reply.Length, 200)])
        {
            if (b is (byte)'\r' or (byte)'\n')
                break;
            text.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        }

        return text.ToString().TrimStart('-');
    }
}
