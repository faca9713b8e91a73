using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The requests that one connection is not sent, because its server refuses the database that they are for: that refusal is its reply to
/// each of them. In turns only.
/// </summary>
internal sealed class RefusedRequests(FramedDelivery delivery, ServerParts parts, Selection selection)
{
    /// <summary>Requests refused in one turn before others have theirs.</summary>
    private const int PerTurnMax = 1024;

    /// <summary>The refusal is the server's reply to a request.</summary>
    public void Answer(long number)
    {
        if (!parts.Ring.Holds(number))
            return;
        ulong hash = parts.Ring[number].ComparedAs is { } replyClass ? parts.Protocol.Hash(selection.Refusal, replyClass) : 0;
        parts.Voting.Replied(delivery.Voter, number, selection.Refusal, null, isError: true, (uint)(hash ^ (hash >> 32)));
    }

    /// <summary>Answers all up to the next SELECT.</summary>
    /// <param name="next">At the first; left behind the last.</param>
    /// <param name="end">Where the log ends for this server.</param>
    public void PassOver(ref LogScan next, long end)
    {
        int count = 0;
        while (selection.IsRefusing && next.Position < end && next.TryPeek(parts.Log.Log, delivery.Cursor, out var entry))
        {
            if (new RequestTag(entry.Tag).Kind != RequestKind.Client)
            {
                selection.Passed();
                break;
            }

            if (count == PerTurnMax)
            {
                parts.Turns.Wake();
                break;
            }

            Answer(entry.Number);
            next.Pass(entry);
            count++;
        }

        delivery.Refusals.NotSent(count);
    }

    /// <summary>A SELECT was answered.</summary>
    public void Selected(RequestTag tag, ReadOnlySpan<byte> reply, bool isError)
    {
        if (!isError)
            selection.Granted(tag.Database);
        else if (tag.Kind == RequestKind.ClientSelect)
            selection.Passed();
        else if (selection.Refused(tag.Database, reply))
            delivery.Refusals.Database(tag.Database, reply);
    }
}
