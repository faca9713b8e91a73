using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The one place where the requests of all clients become one sequence: each gets its place by the <see cref="LogEntrance"/>, or goes into the
/// <see cref="IOutbox"/>, where there is one and others decide about that. Who finds no room stands in a <see cref="HoldQueue"/>. In turns only.
/// </summary>
internal sealed class Sequencer(LogEntrance entrance, HoldQueue held, SlotRing ring, OwnAnswers own, IServers servers, MemoryWaiters memory, CursorOrigins cursors, Durations durations, AccessedRequests access, OutboxEntrance? away, bool isSilent)
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

        if (away is not null && !IsPlacedHere(client, verdict))
            return verdict.Selects < 0 && away.TrySend(client, verdict, waits, length, first, rest, chain);
        if (!held.MayPass(client, length, waits))
            return false;
        if (away is not null && waits && verdict.Reads && servers.Voters.Count == 0)
        {
            chain?.Release();
            own.ReplyError(client.Answered, ErrorReason.NoVoter, AnswerText.NoServerHere);
            return true;
        }

        if (!cursors.TryFind(verdict, out var origin))
        {
            chain?.Release();
            if (waits)
                own.ReplyError(client.Answered, AnswerText.CursorGone);
            return true;
        }

        var accessed = access.Take(client.Answered, first, rest, chain);
        if (entrance.TryEnter(waits ? client.Answered : null, verdict, origin, durations.Now, accessed, away is not null, first, rest, chain))
            return true;
        memory.AwaitPages();
        held.HoldForMemory(client, length);
        servers.FreeMemory();
        return false;
    }

    /// <summary>
    /// What changes no data is no other broadcaster's affair. It comes behind what its client has sent: so a read whose client waits for a place takes that way too, and
    /// a request for another database, which nobody else must see, waits until there is nothing before it.
    /// </summary>
    private static bool IsPlacedHere(ISequencedClient client, in RequestVerdict verdict) =>
        (verdict.Selects >= 0 || verdict.Reads) && client.Answered.LastUnplaced < 0;
}
