using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Takes replies of one connection for as long as each is the same as the one before, which is how servers answer writes: neither framed
/// nor classified nor hashed anew. In turns only.
/// </summary>
internal sealed class UsualReplies(FramedDelivery delivery, ServerParts parts, SpokenProtocol spoken)
{
    /// <summary>Looked for at once: enough that what each batch costs is nothing, and few enough that the look ahead is, where it was in vain.</summary>
    private const int RunMax = 64;

    private readonly FanOutLog _log = delivery.Log.Log;
    private readonly SlotRing _ring = parts.Ring;
    private readonly Voting _voting = parts.Voting;
    private readonly Voter _voter = delivery.Voter;
    private readonly RegionTally? _tally = delivery.CatchUp is null ? delivery.Standing.Tally : null;
    private UsualReply _usual;

    /// <summary>A reply to a client's own request, whole, and no error.</summary>
    public void Learn(ReadOnlySpan<byte> reply, uint hash, ReplyClass? comparedAs)
    {
        if (!(_usual.Serves(comparedAs) && _usual.Bytes.SequenceEqual(reply)))
            _usual = UsualReply.Of(reply, hash, comparedAs);
    }

    /// <summary>Takes them.</summary>
    /// <param name="next">At the request that is answered next; left behind the last that was.</param>
    /// <param name="intake">Where they are.</param>
    /// <param name="sent">The position up to which the kernel took requests.</param>
    public void Take(ref LogScan next, ref ReplyIntake intake, long sent)
    {
        int run = 0;
        while (!_usual.IsNone && (run > 0 || (run = intake.CountNext(_usual.Bytes, RunMax)) > 0))
        {
            int taken = TakeVotes(ref next, run, sent);
            if (taken == 0 && TryTakeAnswer(ref next, sent))
                taken = 1;
            if (taken == 0)
                break;
            intake.Skip(taken * _usual.Bytes.Length);
            run -= taken;
        }
    }

    /// <summary>Takes of the usual reply those that come behind the answer, many at a time: no more than a vote is made of each.</summary>
    /// <returns>How many.</returns>
    private int TakeVotes(ref LogScan next, int max, long sent)
    {
        if (!_voting.IsDecided(next.Number) || (_tally is not null && !_usual.Serves(ReplyClass.Compared)))
            return 0;
        int count = next.CountAlike(_log, delivery.Cursor, RequestTag.Of(1).Bits, sent, max);
        count = _voting.RepliedAlike(_voter, next.Number, count, _usual);
        if (count > 0)
            _tally?.Replied(next.Number, count, ReplyClass.Compared, _usual, spoken);
        next.Pass(count);
        return count;
    }

    /// <summary>Takes the usual reply where it may be the answer.</summary>
    /// <returns>False: it is not as usual here, or must wait.</returns>
    private bool TryTakeAnswer(ref LogScan next, long sent)
    {
        if (!next.TryPeek(_log, delivery.Cursor, out var entry) || entry.End > sent || !new RequestTag(entry.Tag).IsPlain)
            return false;
        var toldAs = _tally is null ? null : new RequestTag(entry.Tag).ToldAs;
        if (!_usual.Serves(toldAs))
            return false;
        if (_ring.Holds(entry.Number))
        {
            ref var slot = ref _ring[entry.Number];
            if (slot.GivesCursor || !_usual.Serves(slot.ComparedAs) || parts.Pacing.MustWait(_voter, entry.Number, ref slot, isStreaming: false))
                return false;
            _voting.Replied(_voter, entry.Number, ref slot, _usual.Bytes, _usual.HashFor(slot.ComparedAs));
        }

        if (toldAs is { } replyClass)
            _tally!.Replied(entry.Number, 1, replyClass, _usual, spoken);
        next.Pass(entry);
        return true;
    }
}
