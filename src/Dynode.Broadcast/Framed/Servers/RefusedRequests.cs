using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The requests that one connection is not sent, because its server refuses the database that they are for: that refusal is its reply to
/// each of them. In turns only.
/// </summary>
internal sealed class RefusedRequests(FramedDelivery delivery, ServerParts parts, Selection selection)
{
    /// <summary>Requests passed over in one turn before others have theirs.</summary>
    private const int PerTurnMax = 1024;

    /// <summary>The refusal is the server's reply to a request.</summary>
    public void Answer(long number)
    {
        if (!parts.Ring.Holds(number))
            return;
        ulong hash = parts.Ring[number].ComparedAs is { } replyClass ? parts.Protocol.Hash(selection.Refusal, replyClass) : 0;
        parts.Voting.Replied(delivery.Voter, number, selection.Refusal, null, isError: true, (uint)(hash ^ (hash >> 32)));
    }

    /// <summary>
    /// Answers all up to the next SELECT. A request of our own for a protocol is none, and stays: it is sent, for what comes behind that
    /// SELECT is answered in it; but where another follows before that, nobody needs it.
    /// </summary>
    /// <param name="next">At the first; left behind the last.</param>
    /// <param name="end">Where the log ends for this server.</param>
    /// <returns>How many of the stream's requests they were.</returns>
    public int PassOver(ref LogScan next, long end)
    {
        int left = PerTurnMax;
        int count = 0;
        int ofStream = 0;
        while (selection.IsRefusing && TryPeek(next, end, out var entry))
        {
            var kind = new RequestTag(entry.Tag).Kind;
            if (kind is RequestKind.Select or RequestKind.ClientSelect)
            {
                selection.Passed();
                break;
            }

            if (kind == RequestKind.Protocol && !IsSuperseded(next, end, left))
                break;
            if (left-- == 0)
            {
                parts.Turns.Wake();
                break;
            }

            if (kind == RequestKind.Client)
            {
                Answer(entry.Number);
                count++;
                ofStream += new RequestTag(entry.Tag).IsOfStream ? 1 : 0;
            }

            next.Pass(entry);
        }

        delivery.Refusals.NotSent(count);
        return ofStream;
    }

    /// <summary>A SELECT was answered.</summary>
    public void Selected(RequestTag tag, ReadOnlySpan<byte> reply, bool isError)
    {
        if (!isError)
            selection.Granted(tag.Named);
        else if (tag.Kind == RequestKind.ClientSelect)
            selection.Passed();
        else if (selection.Refused(tag.Named, reply))
            delivery.Refusals.Database(tag.Named, reply);
    }

    private bool TryPeek(LogScan at, long end, out LogEntry entry)
    {
        entry = default;
        return at.Position < end && at.TryPeek(delivery.Log.Log, delivery.Cursor, out entry);
    }

    /// <summary>Whether another request for a protocol follows the one that comes next, as far as is looked, with no SELECT between them.</summary>
    private bool IsSuperseded(LogScan ahead, long end, int max)
    {
        for (; max > 0 && TryPeek(ahead, end, out var entry); max--)
        {
            ahead.Pass(entry);
            if (TryPeek(ahead, end, out var following) && new RequestTag(following.Tag).Kind is not RequestKind.Client and var kind)
                return kind == RequestKind.Protocol;
        }

        return false;
    }
}
