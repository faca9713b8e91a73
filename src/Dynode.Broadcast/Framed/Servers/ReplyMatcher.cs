using System.Buffers;
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

    /// <summary>Nothing was asked, or it is no reply: a fault of the server, after which no reply of this connection can be trusted.</summary>
    Unasked,

    /// <summary>Not now, nothing done: it acknowledges nothing.</summary>
    NotNow,
}

/// <summary>
/// Gives the replies of one connection to the requests that they answer: in order, by the log's own table alone. A reply that was
/// taken whole acknowledges its request: the delivery's cursor leaves it. It dies with its connection, so no reply can ever be
/// matched to a request that another one sent. In turns only.
/// </summary>
internal sealed class ReplyMatcher(
    FramedDelivery delivery,
    ServerParts parts,
    LogScan start,
    Selection selection,
    SpokenProtocol spoken,
    IReadOnlyCollection<NotNowCause> knows)
{
    private readonly FanOutLog _log = delivery.Log.Log;
    private readonly SlotRing _ring = parts.Ring;
    private readonly Voting _voting = parts.Voting;
    private readonly Voter _voter = delivery.Voter;
    private readonly RefusedRequests _unsent = new(delivery, parts, selection);
    private readonly UsualReplies _usual = new(delivery, parts, spoken);
    private readonly RegionTally? _tally = delivery.CatchUp is null ? delivery.Standing.Tally : null;
    private LogScan _next = start;
    private LogEntry _entry;
    private LongReply? _long;
    private ArrayBufferWriter<byte>? _marked;
    private QueuedRefusal _refused;
    private ReplyKind _kind;
    private ulong _hash;
    private long _answersBelow;
    private int _seen;

    /// <summary>The number of the oldest request that is not acknowledged.</summary>
    public long Number => _next.Number;

    /// <summary>What the refusing server said.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>The server has shown that it is ready, by its own word or by what it has done: it may be sent more than one at a time.</summary>
    public bool IsProven { get; private set; } = knows.Contains(NotNowCause.Busy) || parts.Protocol.Questions([]).IsEmpty;

    /// <summary>What comes next is not sent: the server refuses the database that it is for.</summary>
    public bool IsRefusing => selection.IsRefusing;

    /// <inheritdoc cref="SpokenProtocol.Fault"/>
    public string? Fault => spoken.Fault;

    /// <summary>Up to where is sent all the same while <see cref="IsRefusing"/>: a request of our own for a protocol, if that comes next.</summary>
    public long RefusingEnd => TryPeek(out var entry) && new RequestTag(entry.Tag).Kind == RequestKind.Protocol ? entry.End : _next.Position;

    /// <inheritdoc cref="ReplyPacing.WaitsFor"/>
    public IAnswered? WaitsFor => parts.Pacing.WaitsFor(NumberRead, _long is { IsStreaming: true });

    /// <summary>The next reply is not to be read now.</summary>
    public bool MustWait => parts.Pacing.MustWait(_voter, NumberRead, _long is { IsStreaming: true });

    private long NumberRead => IsInParts ? _entry.Number : Number;

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
    public MatchOutcome Take(in ReplyPart part, long now) => TakeMarked(part.IsFirst && GivesCursor ? Marked(part) : part, now);

    private bool GivesCursor => _ring.Holds(_entry.Number) && _ring[_entry.Number].GivesCursor;

    /// <summary>Its cursor says that it is this connection's.</summary>
    private ReplyPart Marked(in ReplyPart part)
    {
        (_marked ??= new ArrayBufferWriter<byte>()).ResetWrittenCount();
        return parts.Protocol.TryMarkCursor(part.Bytes, delivery.Origin, _marked)
            ? new ReplyPart { Bytes = _marked.WrittenSpan, IsFirst = true, IsLast = part.IsLast }
            : part;
    }

    private MatchOutcome TakeMarked(in ReplyPart part, long now)
    {
        var tag = new RequestTag(_entry.Tag);
        if (part.IsFirst && Classify(part.Bytes, tag) is var fault and not MatchOutcome.Matched)
            return fault;

        // Of a transaction only the last reply is the client's; the others are the broadcaster's to count.
        bool isLastReply = _seen + 1 == tag.Replies;
        bool isWhole = part.IsFirst && part.IsLast;
        if (!isWhole)
            TakePart(part, isClients: isLastReply && tag.Kind == RequestKind.Client && !IsRefusing && !spoken.IsOther);
        if (!part.IsLast)
            return MatchOutcome.Matched;
        var comparedAs = isWhole && _ring.Holds(_entry.Number) ? _ring[_entry.Number].ComparedAs : null;
        if (_tally is not null && isWhole)
            comparedAs ??= tag.ToldAs;
        ulong hash = !isWhole ? _long!.Complete() : comparedAs is { } replyClass ? parts.Protocol.Hash(part.Bytes, replyClass) : 0;
        _hash = _seen == 0 ? hash : (_hash * 31) + hash;
        if (_kind == ReplyKind.Error && isWhole && !isLastReply)
            _refused.Take(part.Bytes, _seen);
        _seen++;
        if (!isLastReply)
            return MatchOutcome.Matched;
        if (isWhole && _kind == ReplyKind.Normal && tag.IsPlain && !GivesCursor)
            _usual.Learn(part.Bytes, VotedHash, comparedAs);
        _tally?.Replied(_entry.Number, tag, part.Bytes, isWhole ? null : _long, hash, IsRefusing ? null : spoken);
        Answer(tag, isWhole ? _refused.Explained(parts.Protocol, part.Bytes, _kind == ReplyKind.Error) : default, isWhole);
        Acknowledge(now);
        return MatchOutcome.Matched;
    }

    /// <summary>Takes replies for as long as each is the same as the one before.</summary>
    /// <param name="intake">Where they are.</param>
    /// <param name="sent">The position up to which the kernel took requests.</param>
    /// <param name="now">The turn's time.</param>
    public void TakeUsual(ref ReplyIntake intake, long sent, long now)
    {
        if (_seen > 0 || !IsProven || IsRefusing || spoken.IsOther)
            return;
        long from = _next.Position;
        _usual.Take(ref _next, ref intake, sent);
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

    /// <summary>"Not now", which was the last reply, is in doubt.</summary>
    /// <param name="isAgain">The request was refused before.</param>
    /// <param name="reply">That.</param>
    public DoubtfulReplies DoubtLast(bool isAgain, ReadOnlySpan<byte> reply) =>
        new(parts.Protocol, _log, delivery.Cursor, _next, _seen, parts.Protocol.CauseOf(Head(reply)), isAgain, knows);

    /// <summary>It was decided that "not now" of requests below this number is an answer.</summary>
    public void AnswersBelow(long number) => _answersBelow = number;

    /// <summary>Whether the server has a database was asked, and no request of the log asked it.</summary>
    public void Proved(int database, ReadOnlySpan<byte> reply, bool isError) => _unsent.Selected(RequestTag.Of(RequestKind.Select, database), reply, isError);

    /// <summary>What stands behind a SELECT that the server has refused, up to the next one, is answered by that refusal, and not sent.</summary>
    /// <param name="window">Goes on behind it.</param>
    /// <param name="end">Where the log ends for this server.</param>
    /// <param name="now">The turn's time.</param>
    /// <returns>How many of the stream's requests they were.</returns>
    public int RefuseWaiting(SendWindow window, long end, long now)
    {
        long from = _next.Position;
        if (!IsRefusing || window.Position != from)
            return 0;
        int passed = _unsent.PassOver(ref _next, end);
        if (_next.Position == from)
            return 0;
        window.Pass(_next);
        delivery.Acknowledged(_next.Position - from, now);
        return passed;
    }

    /// <summary>The connection is gone.</summary>
    public void End() => _long?.End();

    /// <summary>What a reply is, by its first bytes; whether it can be taken for one.</summary>
    private MatchOutcome Classify(ReadOnlySpan<byte> reply, RequestTag tag)
    {
        _kind = parts.Protocol.Classify(Head(reply));
        if (_kind == ReplyKind.Push)
            return MatchOutcome.Unasked;
        if (_kind is ReplyKind.NotNow or ReplyKind.NotNowWithin)
        {
            Refusal = ReplyText.Printable(reply);
            bool mayBe = _kind == ReplyKind.NotNow || (tag.Replies == 1 && NatureOfNext.HasFlag(RequestNature.RunsProgram));
            if (mayBe && _entry.Number >= _answersBelow)
                return MatchOutcome.NotNow;
            _kind = ReplyKind.Error;
        }

        if (!IsProven && _kind == ReplyKind.Normal && _seen + 1 == tag.Replies)
            IsProven = Doubt.Serves(NatureOfNext, NotNowCause.Busy);
        return MatchOutcome.Matched;
    }

    /// <summary>Looked at only where a reply is in doubt, or the server is.</summary>
    private RequestNature NatureOfNext =>
        _next.TryRead(_log, delivery.Cursor, out var bytes, out _)
            ? parts.Protocol.NatureOf(bytes.Span[..(int)Math.Min(bytes.Length, _entry.Length)])
            : RequestNature.None;

    private static ReadOnlySpan<byte> Head(ReadOnlySpan<byte> reply) => reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)];

    private void Answer(RequestTag tag, ReadOnlySpan<byte> reply, bool isWhole)
    {
        bool isError = _kind == ReplyKind.Error;
        if (tag.Kind == RequestKind.Client && IsRefusing)
        {
            // It had this database, and does no more: what was sent ahead has run in another.
            delivery.Refusals.MissedInPassing(_entry.Number, ReplyText.Printable(selection.Refusal));
            _long?.End();
            _unsent.Answer(_entry.Number);
            return;
        }

        if (tag.Kind is RequestKind.Select or RequestKind.ClientSelect)
            _unsent.Selected(tag, reply, isError);
        else if (tag.Kind == RequestKind.Protocol)
            Spoke(tag, reply, isError);
        if (tag.IsOwn)
            return;
        if (tag.Kind == RequestKind.Client && spoken.IsOther)
        {
            // Carried out, and of no use to who asked.
            _long?.End();
            _voting.WithdrewFrom(_voter, _entry.Number);
            return;
        }

        if (isWhole)
            _voting.Replied(_voter, _entry.Number, reply, null, isError, VotedHash);
        else
            _long!.Vote(isError, VotedHash);
    }

    private void Spoke(RequestTag tag, ReadOnlySpan<byte> reply, bool isError)
    {
        spoken.Take(tag, reply, isError);
        if (spoken.IsOther)
            delivery.Traits.Refused(tag.Named);
        else if (!isError)
            delivery.Traits.Granted(tag.Named);
    }

    private void TakePart(in ReplyPart part, bool isClients)
    {
        _long ??= new LongReply(_voter, parts);
        if (part.IsFirst)
            _long.Begin(_entry.Number, isClients, _kind == ReplyKind.Error);
        if (part.IsFirst && _tally is not null)
            _long.Form = parts.Protocol.FormOf(part.Bytes);
        _long.Add(part.Bytes);
    }

    /// <summary>Votes are compared by 32 bits.</summary>
    private uint VotedHash => (uint)(_hash ^ (_hash >> 32));

    private void Acknowledge(long now)
    {
        delivery.Acknowledged(_entry.Length, now);
        _next.Pass(_entry);
        _refused = default;
        _seen = 0;
    }
}
