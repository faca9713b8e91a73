using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The one place where the requests of all clients become one sequence: each gets its place in the shared log, and, where its
/// client waits or its voters are compared, a slot. Who finds no room stands in the <see cref="HoldQueue"/>. In turns only.
/// </summary>
internal sealed class Sequencer(SharedLog log, HoldQueue held, SlotRing ring, AnswerQueue answers, Voting voting, IServers servers, MemoryWaiters memory, CursorOrigins cursors, Durations durations, bool isSilent)
{
    /// <summary>No client is answered.</summary>
    public bool IsSilent => isSilent;

    /// <summary>Pending requests of one client: an eighth of the ring.</summary>
    public int PendingMax => ring.SlotsMax / 8;

    /// <summary>
    /// Makes a client's request the next in the log: all in one piece <paramref name="first"/> and <paramref name="rest"/>, or a chain.
    /// </summary>
    /// <returns>False: there is no room for it now, or nobody who could answer yet; the client stands in the queue and is signalled.</returns>
    public bool TryAppend(ISequencedClient client, in RequestVerdict verdict, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        long length = chain?.Length ?? first.Length + rest.Length;
        bool waits = !isSilent && verdict.Replies > 0 && (verdict.Hide != RequestVerdict.HidesAll || verdict.Selects >= 0);
        if (!held.MayPass(client, length, waits))
            return false;
        if (!cursors.TryFind(verdict, out var origin))
        {
            chain?.Release();
            if (waits)
                answers.ReplyError(client.Answered, AnswerText.CursorGone);
            return true;
        }

        bool appended = log.TryAppend(verdict, waits, first, rest, chain);

        // Those of our own that make its database and its protocol those in force are nobody's.
        while (ring.Next < log.Next - (appended ? 1 : 0))
            ring.Pass();
        if (!appended)
        {
            memory.AwaitPages();
            held.HoldForMemory(client, length);
            servers.FreeMemory();
            return false;
        }

        byte protocol = verdict.Selects < 0 ? log.InForce.Protocol : RequestVerdict.FirstProtocol;
        var voters = origin ?? (verdict.Replies > 0 ? servers.VotersOf(protocol) : VoterSet.Empty);
        bool compared = voters.Count > 1 && verdict.Class != ReplyClass.Own && !ring.IsCrowded;
        if (!waits && !compared)
        {
            ring.Pass();
            return true;
        }

        long number = ring.Open(voters);
        ref var slot = ref ring[number];
        slot.OpenedAt = durations.Now;
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

        answers.Enter(client.Answered, number);
        voting.Opened(number);
        return true;
    }
}
