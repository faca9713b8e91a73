using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// A reply has said "not now": nothing more is sent on its connection, it and what follows stay where they were read, and are looked at
/// from there, until <see cref="Doubt"/> has decided what they are.
/// <code>
///   intake   │ -BUSY… │ :5 │ -BUSY… │ +PONG │ $97 …        │ room │
///              first    └ replies to what was in flight ┘
///                                      └ to what was asked, cut off when it has been decided
/// </code>
/// In turns only.
/// </summary>
internal sealed class DoubtfulReplies
{
    private readonly IProtocol _protocol;
    private readonly FanOutLog _log;
    private readonly LogCursor _cursor;
    private readonly IReplyReader _reader;
    private readonly NotNowCause _cause;
    private readonly long _first;
    private readonly ImmutableArray<NotNowQuestion> _questions;
    private readonly Evidence[] _evidence;
    private Doubt _doubt;
    private LogScan _next;
    private long _refused;
    private int _seen;
    private int _answers;
    private int _start;
    private int _end;
    private bool _isBehindFirst;

    /// <param name="protocol">Of the connection.</param>
    /// <param name="log">The log, and what holds it from the first request in doubt on.</param>
    /// <param name="cursor">That.</param>
    /// <param name="next">At that request.</param>
    /// <param name="seen">Replies to it that were taken before.</param>
    /// <param name="cause">What was said.</param>
    /// <param name="isAgain">It was refused before.</param>
    /// <param name="knows">Of what the preamble has shown that the server is free.</param>
    public DoubtfulReplies(
        IProtocol protocol,
        FanOutLog log,
        LogCursor cursor,
        LogScan next,
        int seen,
        NotNowCause cause,
        bool isAgain,
        IReadOnlyCollection<NotNowCause> knows)
    {
        (_protocol, _log, _cursor, _next, _seen, _cause) = (protocol, log, cursor, next, seen, cause);
        _reader = protocol.NewReplyReader();
        _questions = protocol.Questions(knows);
        _evidence = new Evidence[_questions.Length];
        _first = _refused = next.Number;
        _doubt = new Doubt(cause, next.TryPeek(log, cursor, out var entry) && RunsProgram(entry, NatureOf(entry)), isAgain, knows.Contains(cause));
    }

    /// <summary>The server is asked; nothing more comes but its answers.</summary>
    public bool HasAsked { get; private set; }

    /// <summary>What it is asked, in one piece.</summary>
    public ReadOnlyMemory<byte> Questions => _questions.SelectMany(question => question.Request.ToArray()).ToArray();

    /// <summary>Decided: "not now" of requests below this number is an answer.</summary>
    public long AnswersBelow { get; private set; }

    /// <summary>How many requests they refuse, the first with them.</summary>
    public int Refusals { get; private set; } = 1;

    /// <summary>Decided: from here on lie replies to what was asked, and nothing else.</summary>
    public int End { get; private set; }

    /// <summary>Looks at what has come since.</summary>
    /// <param name="replies">All, from the first byte of the first reply in doubt on.</param>
    /// <param name="sent">The position up to which the kernel took requests.</param>
    /// <param name="isFull">No more can be read before it is decided.</param>
    public DoubtVerdict Look(ReadOnlySpan<byte> replies, long sent, bool isFull)
    {
        while (true)
        {
            if (_isBehindFirst && !HasAsked && !(_next.TryPeek(_log, _cursor, out var entry) && entry.Start < sent))
            {
                End = _start;
                return _doubt.InFlightEnded();
            }

            var fresh = replies[_end..];
            int consumed = 0;
            var status = fresh.IsEmpty ? FrameStatus.NeedMore : _reader.Advance(fresh, out consumed);
            _end += consumed;

            // What is pushed answers nothing, and behind it no reply can be told from another: the connection ends by it.
            if (status == FrameStatus.Complete && KindOf(replies[_start.._end]) == ReplyKind.Push)
            {
                var last = Decided(_doubt.NoMore(), _first + 1);
                End = int.MaxValue;
                return last;
            }

            if (status != FrameStatus.Complete)
            {
                if (!isFull && status == FrameStatus.NeedMore && _end - _start < PagePool.LargePageBytes)
                    return DoubtVerdict.Open;

                // Its first bytes say what it is; where it ends does not matter any more. Of an error all does.
                var early = HasAsked || IsUnknown(replies[_start.._end]) ? DoubtVerdict.Open : Take(replies[_start.._end]);
                return early == DoubtVerdict.Open ? Decided(_doubt.NoMore(), _first + 1) : early;
            }

            var reply = replies[_start.._end];
            _start = _end;
            var verdict = HasAsked ? TakeAnswer(reply) : Take(reply);
            if (verdict != DoubtVerdict.Open)
                return verdict;
        }
    }

    /// <summary>The questions are on their way.</summary>
    public void Asked() => HasAsked = true;

    /// <summary>The connection has ended: what has been seen must do.</summary>
    public DoubtVerdict Ended() => Decided(_doubt.Ended(), _first + 1);

    private DoubtVerdict TakeAnswer(ReadOnlySpan<byte> reply)
    {
        _evidence[_answers] = _questions[_answers].Weigh(reply.ToArray(), _cause);
        return ++_answers < _questions.Length ? DoubtVerdict.Open : Decided(_doubt.Asked(_evidence), _first + 1);
    }

    private DoubtVerdict Take(ReadOnlySpan<byte> reply)
    {
        if (!_next.TryPeek(_log, _cursor, out var entry))
            return DoubtVerdict.Open;
        var tag = new RequestTag(entry.Tag);
        var verdict = DoubtVerdict.Open;
        if (_isBehindFirst)
        {
            // Of a transaction the last reply tells what was done; of the others a refusal alone says anything.
            var nature = NatureOf(entry);
            bool isLast = _seen + 1 == tag.Replies;
            var kind = KindOf(reply);
            if (kind is ReplyKind.NotNow or ReplyKind.NotNowWithin && entry.Number > _refused)
                (_refused, Refusals) = (entry.Number, Refusals + 1);
            verdict = _doubt.Follow(
                kind,
                isLast ? nature : RequestNature.ProvesNothing,
                RunsProgram(entry, nature));
        }

        _isBehindFirst = true;
        if (++_seen >= tag.Replies)
        {
            _next.Pass(entry);
            _seen = 0;
        }

        return Decided(verdict, Math.Max(entry.Number, _first + 1));
    }

    /// <summary>Of a reply that is cut off: what it is cannot be told.</summary>
    private bool IsUnknown(ReadOnlySpan<byte> part) => part.IsEmpty
        || KindOf(part) == ReplyKind.Push
        || (KindOf(part) == ReplyKind.Error && part.Length < IProtocol.ReplyHeadBytesMax);

    private ReplyKind KindOf(ReadOnlySpan<byte> reply) => _protocol.Classify(reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)]);

    private DoubtVerdict Decided(DoubtVerdict verdict, long answersBelow)
    {
        AnswersBelow = answersBelow;
        if (!HasAsked)
            End = int.MaxValue;
        return verdict;
    }

    private static bool RunsProgram(in LogEntry entry, RequestNature nature) =>
        new RequestTag(entry.Tag).Replies == 1 && nature.HasFlag(RequestNature.RunsProgram);

    private RequestNature NatureOf(in LogEntry entry)
    {
        var scan = _next;
        return scan.TryRead(_log, _cursor, out var bytes, out _)
            ? _protocol.NatureOf(bytes.Span[..(int)Math.Min(bytes.Length, entry.Length)])
            : RequestNature.None;
    }
}
