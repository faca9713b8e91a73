using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// Gives a request its place in the shared log, behind all others, and, where its client waits or its voters are compared, a slot. In turns only.
/// </summary>
internal sealed class LogEntrance(SharedLog log, SlotRing ring, AnswerQueue answers, Voting voting, IServers servers, CursorOrigins cursors, AccessedRequests access)
{
    /// <summary>Makes a request the next in the log: all in one piece <paramref name="first"/> and <paramref name="rest"/>, or a chain.</summary>
    /// <param name="client">Who waits; null: nobody does.</param>
    /// <param name="verdict">On it.</param>
    /// <param name="origin">Who alone can answer it; null: whoever votes.</param>
    /// <param name="openedAt">When it came, as <see cref="Durations.Now"/>.</param>
    /// <param name="accessed">Of its line in the access log; null: it has none.</param>
    /// <param name="isLocal">It is in no stream that orders the log.</param>
    /// <param name="first">All of it, with <paramref name="rest"/>; empty where it lies in a chain.</param>
    /// <param name="rest">May be empty.</param>
    /// <param name="chain">Null: it is in the other two.</param>
    /// <returns>False: memory is spent, and it has not entered.</returns>
    public bool TryEnter(
        IAnswered? client,
        in RequestVerdict verdict,
        VoterSet? origin,
        uint openedAt,
        AccessedRequests.Accessed? accessed,
        bool isLocal,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> rest,
        PageChain? chain)
    {
        bool waits = client is not null;
        bool appended = log.TryAppend(verdict, waits, isLocal, first, rest, chain);

        // Those of our own that make its database and its protocol those in force are nobody's.
        while (ring.Next < log.Next - (appended ? 1 : 0))
            ring.Pass();
        if (!appended)
            return false;
        byte protocol = verdict.Selects < 0 ? log.InForce.Protocol : RequestVerdict.FirstProtocol;
        var voters = origin ?? (verdict.Replies > 0 ? servers.VotersOf(protocol) : VoterSet.Empty);
        bool compared = voters.Count > 1 && verdict.Class != ReplyClass.Own && !ring.IsCrowded;
        if (accessed is not null && !waits)
            access.Passed(ring.Next, accessed);
        if (!waits && !compared)
        {
            ring.Pass();
            return true;
        }

        long number = ring.Open(voters);
        ref var slot = ref ring[number];
        slot.OpenedAt = openedAt;
        slot.Class = verdict.Class;
        slot.Hide = verdict.Hide;
        slot.Selects = verdict.Selects;
        slot.Protocol = protocol;
        slot.GivesCursor = verdict.Cursor != 0 && verdict.Replies == 1 && cursors.AreMarked;
        if (!waits)
        {
            slot.IsDecided = true;
            return true;
        }

        if (accessed is not null)
            access.Entered(number, accessed);
        answers.Enter(client!, number);
        voting.Opened(number);
        return true;
    }
}
