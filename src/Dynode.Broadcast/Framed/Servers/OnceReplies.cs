using System.Buffers;
using Dynode.Broadcast.Framed.Once;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Reads the replies of a connection whose requests go in batches: those to what is ours say what becomes of them, those of the requests, which stand in the batch's list, go to the
/// matcher one by one as if there had been no batch. In turns only.
/// </summary>
internal sealed class OnceReplies(FramedConnection connection, FramedDelivery delivery, OnceDelivery once, ServerParts parts, IBatchReplyReader reader)
{
    /// <summary>A transaction's list that is longer goes on in parts.</summary>
    private const int ListBytesMax = 48 << 10;

    private readonly IBatches _batches = parts.Protocol.Batches!;
    private ArrayBufferWriter<byte>? _list;
    private Flight? _finished;
    private int _elements;
    private bool _isInParts;

    /// <summary>Takes the replies that have come.</summary>
    /// <returns>False: one waits, or the connection is no more.</returns>
    public bool TryTakeAll(ref ReplyIntake intake, ReplyMatcher matcher, ReplyReading reading, long now)
    {
        var course = once.Course!;
        while (!connection.IsClosed)
        {
            if (course.AwaitsAnswer && course.Head.Kind != FlightKind.Proof && matcher.Number >= course.Head.End)
            {
                Finish(course, course.Answered(), now);
                continue;
            }

            if (!intake.HasBytes)
                return true;
            if (course.AwaitsAnswer && matcher.MustWait)
            {
                parts.Paused.Add(reading);
                return false;
            }

            if (course.AwaitsAnswer && IsUsual(course.Head) && TakeUsual(ref intake, matcher, course.Head, now))
                continue;
            reader.IsHeadNext = course.IsHeadNext;
            var status = intake.TryTake(out var part);
            if (status == FrameStatus.NeedMore)
                return true;
            if (status == FrameStatus.Malformed)
                connection.Lose(now, "sent what is no reply of this protocol");
            else if (course.InFlight == 0)
                connection.Lose(now, UnaskedText.Of(parts.Protocol, part.Bytes));
            else if (course.AwaitsAnswer)
                TakeAnswer(course, matcher, part, now);
            else
                TakeOwn(course, part, now);
        }

        return false;
    }

    private static bool IsUsual(Flight head) => head.Inner < 0 && head.Kind is FlightKind.Batch or FlightKind.Plain;

    private static bool TakeUsual(ref ReplyIntake intake, ReplyMatcher matcher, Flight head, long now)
    {
        long from = matcher.Number;
        matcher.TakeUsual(ref intake, head.EndPosition, now);
        return matcher.Number > from;
    }

    private void TakeOwn(Course course, in ReplyPart part, long now)
    {
        if (!part.IsFirst || !part.IsLast)
        {
            connection.Lose(now, "replied at length where a word was asked for");
            return;
        }

        if (parts.Protocol.Classify(part.Bytes[..Math.Min(IProtocol.ReplyHeadBytesMax, part.Bytes.Length)]) == ReplyKind.NotNow)
        {
            connection.Refused(now, ReplyText.Printable(part.Bytes));
            return;
        }

        var said = _batches.Read(part.Bytes, out int count);
        Finish(course, course.Take(said, count), now);
    }

    private void Finish(Course course, CourseEvent what, long now)
    {
        if (course.Finished is { } done && done != _finished)
            once.Took(_finished = done, now);
        switch (what)
        {
            case CourseEvent.Answers when course.Head.Kind == FlightKind.Batch:
                BeginAnswers(course.Head, now);
                break;
            case CourseEvent.Again:
                once.GoBack(delivery.Window);
                break;
            case CourseEvent.MarkLost:
                connection.Lose(now, "its watermark is not what it was left as");
                break;
            case CourseEvent.Overtaken:
                delivery.Standing.Missed(Backends.DropReason.Refused, delivery.NumberDone);
                connection.Lose(now, "it did a batch behind one that it had not done");
                break;
            case CourseEvent.Unknown:
                delivery.Standing.Missed(Backends.DropReason.Refused, delivery.NumberDone);
                connection.Lose(now, "it is not known what it has done of a batch");
                break;
        }
    }

    /// <summary>A batch was done: what its list answers are answers, whatever they say.</summary>
    private void BeginAnswers(Flight head, long now)
    {
        var matcher = connection.Matcher!;
        matcher.AnswersBelow(head.End);
        for (int i = 0; i < head.Selects; i++)
            Give(matcher, head, new ReplyPart { Bytes = _batches.Done.Span, IsFirst = true, IsLast = true }, now);
        if (head.Inner < 0)
            return;
        Give(matcher, head, new ReplyPart { Bytes = _batches.Done.Span, IsFirst = true, IsLast = true }, now);
        for (int i = 0; i < head.Inner; i++)
            Give(matcher, head, new ReplyPart { Bytes = _batches.Queued.Span, IsFirst = true, IsLast = true }, now);
        (_list ??= new ArrayBufferWriter<byte>()).ResetWrittenCount();
        _batches.WriteHead(_list, head.Inner);
        (_elements, _isInParts) = (0, false);
        if (head.Inner == 0)
            Give(matcher, head, new ReplyPart { Bytes = _list.WrittenSpan, IsFirst = true, IsLast = true }, now);
    }

    private void TakeAnswer(Course course, ReplyMatcher matcher, in ReplyPart part, long now)
    {
        var head = course.Head;
        if (head is { Kind: FlightKind.Batch, Inner: >= 0 })
        {
            TakeElement(matcher, head, part, now);
            return;
        }

        bool isError = part.IsFirst && parts.Protocol.Classify(part.Bytes[..Math.Min(IProtocol.ReplyHeadBytesMax, part.Bytes.Length)]) != ReplyKind.Normal;
        if (head.Kind == FlightKind.Proof)
        {
            TakeProof(course, matcher, head, part, isError, now);
            return;
        }

        if (head.Kind != FlightKind.Batch && part.IsFirst)
            GiveSelects(matcher, head, now);
        if (head is { Kind: FlightKind.Plain, Entries: 1 } && part.IsFirst)
            course.AnsweredPlain(isError);
        Give(matcher, head, part, now);
    }

    /// <summary>Our own requests for a database that were not sent: the connection comes back to the first one each time.</summary>
    private void GiveSelects(ReplyMatcher matcher, Flight head, long now)
    {
        while (matcher.Number < head.First + head.Selects && !connection.IsClosed)
            Give(matcher, head, new ReplyPart { Bytes = _batches.Done.Span, IsFirst = true, IsLast = true }, now);
    }

    private void TakeProof(Course course, ReplyMatcher matcher, Flight head, in ReplyPart part, bool isError, long now)
    {
        if (head.Selects == 0)
            matcher.Proved(head.ProofOf, part.Bytes, isError);
        while (matcher.Number < head.End - 1 && !connection.IsClosed)
            Give(matcher, head, new ReplyPart { Bytes = _batches.Done.Span, IsFirst = true, IsLast = true }, now);
        if (head.Selects > 0)
            Give(matcher, head, part, now);
        Finish(course, course.Answered(), now);
    }

    /// <summary>Of a transaction's list, which is shorter for its client by what is ours.</summary>
    private void TakeElement(ReplyMatcher matcher, Flight head, in ReplyPart part, long now)
    {
        if (part.IsLast)
            _elements++;
        bool isLast = _elements == head.Inner && part.IsLast;
        if (!_isInParts && _list is { } list)
        {
            list.Write(part.Bytes);
            if (!isLast && list.WrittenCount < ListBytesMax)
                return;
            Give(matcher, head, new ReplyPart { Bytes = list.WrittenSpan, IsFirst = true, IsLast = isLast }, now);
            _isInParts = !isLast;
            return;
        }

        Give(matcher, head, new ReplyPart { Bytes = part.Bytes, IsLast = isLast }, now);
    }

    private void Give(ReplyMatcher matcher, Flight head, in ReplyPart part, long now)
    {
        if (connection.IsClosed)
            return;
        if (head.Kind != FlightKind.Batch && matcher.Number == delivery.Refusals.LastRefused)
            matcher.AnswersBelow(matcher.Number + 1);
        if (matcher.MayTake(head.EndPosition) != MatchOutcome.Matched)
        {
            connection.Lose(now, UnaskedText.Of(parts.Protocol, part.Bytes));
            return;
        }

        var outcome = matcher.Take(part, now);
        if (outcome == MatchOutcome.NotNow)
        {
            delivery.Refusals.LastRefused = matcher.Number;
            connection.Refused(now, matcher.Refusal);
        }
        else if (outcome == MatchOutcome.Unasked)
        {
            connection.Lose(now, UnaskedText.Of(parts.Protocol, part.Bytes));
        }
    }
}
