using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// One connection's replies that say "not now", from the moment when one is read until it is known what it was. While one is in doubt
/// nothing is sent, and nothing behind it is taken. In turns only.
/// </summary>
internal sealed class DoubtWatch(FramedDelivery delivery)
{
    private DoubtfulReplies? _replies;

    /// <summary>A reply is in doubt.</summary>
    public bool IsOpen => _replies is not null;

    /// <summary>The server has been asked: what the kernel takes is no request of the log.</summary>
    public bool HasAsked => _replies is { HasAsked: true };

    /// <summary>A reply that was taken last said "not now": it is put back.</summary>
    public void Begin(ReplyMatcher matcher, ReadOnlySpan<byte> reply, ref ReplyIntake intake)
    {
        _replies = matcher.DoubtLast(matcher.Number == delivery.Refusals.LastRefused, reply);
        intake.TakeBack(reply.Length);
    }

    /// <summary>Looks at what has come since, and draws the conclusions where it is decided.</summary>
    public DoubtVerdict Resolve(ReplyMatcher matcher, ref ReplyIntake intake)
    {
        var replies = _replies!;
        var verdict = replies.Look(intake.Held, delivery.SentPosition, !intake.TryKeepAll());
        if (verdict == DoubtVerdict.Refused)
            delivery.Refusals.LastRefused = matcher.Number;
        if (verdict == DoubtVerdict.Missed)
            delivery.Refusals.MissedInPassing(matcher.Number, matcher.Refusal, replies.Refusals);
        if (verdict is not (DoubtVerdict.Answer or DoubtVerdict.Missed))
            return verdict;
        intake.Cut(replies.End);
        matcher.AnswersBelow(replies.AnswersBelow);
        _replies = null;
        return verdict;
    }

    /// <summary>The questions, which are sent now.</summary>
    public ReadOnlyMemory<byte> Ask()
    {
        _replies!.Asked();
        return _replies.Questions;
    }

    /// <summary>The connection ends while a reply is in doubt: a program's word that nothing bears out is an answer.</summary>
    public void Settle(ReplyMatcher? matcher, ref ReplyIntake intake, long now)
    {
        var replies = _replies;
        _replies = null;
        if (replies is null || matcher is null || replies.Ended() == DoubtVerdict.Refused)
            return;
        matcher.AnswersBelow(replies.AnswersBelow);
        if (intake.TryTake(out var part) == FrameStatus.Complete && matcher.MayTake(delivery.SentPosition) == MatchOutcome.Matched)
            matcher.Take(part, now);
    }
}
