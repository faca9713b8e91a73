using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What one server says to the requests of the stream, told to other regions: from each reply what <see cref="ReplyTally"/> adds up. There is one where a stream orders the log, and none elsewhere. In turns only.
/// </summary>
internal sealed class RegionTally(RangeBook book, IProtocol protocol)
{
    /// <summary>What it adds up to.</summary>
    public ReplyTally Ranges { get; } = new(book);

    /// <summary>The last reply to a request has come.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="tag">Its.</param>
    /// <param name="reply">Whole; of one that came in parts the last.</param>
    /// <param name="long">Where it came in parts; null: it did not.</param>
    /// <param name="hash">By which it is compared.</param>
    /// <param name="spoken">Of its connection; null: it was done elsewhere than it should.</param>
    public void Replied(long number, RequestTag tag, ReadOnlySpan<byte> reply, LongReply? @long, ulong hash, SpokenProtocol? spoken)
    {
        if (tag.ToldAs is not { } replyClass)
            return;

        // Of a long one with elements the hash may be another one where it came in another number of parts, or whole.
        bool isSure = spoken is { IsOther: false } && (@long is null || (@long.Form == ReplyForm.Plain && replyClass == ReplyClass.Compared));
        var form = !isSure ? ReplyForm.OfState : @long?.Form ?? protocol.FormOf(reply);
        Ranges.Add(number, 1, (uint)(hash ^ (hash >> 32)), form, spoken?.Spoken ?? RequestVerdict.FirstProtocol);
    }

    /// <summary>The same short reply has come to requests in a row.</summary>
    /// <param name="first">The first one's number.</param>
    /// <param name="count">So many.</param>
    /// <param name="replyClass">How it is compared.</param>
    /// <param name="usual">It, hashed so.</param>
    /// <param name="spoken">Of its connection.</param>
    public void Replied(long first, int count, ReplyClass replyClass, in UsualReply usual, SpokenProtocol spoken) =>
        Ranges.Add(first, count, usual.HashFor(replyClass), protocol.FormOf(usual.Bytes), spoken.Spoken);
}
