using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>The way into the <see cref="IOutbox"/>: who finds no room there stands in a queue of its own, so that what goes into the log at once is not held by it. In turns only.</summary>
internal sealed class OutboxEntrance(HoldQueue held, IOutbox outbox, MemoryWaiters memory, AccessedRequests access)
{
    /// <summary>Makes a client's request the next there: all in one piece <paramref name="first"/> and <paramref name="rest"/>, or a chain.</summary>
    /// <returns>False: there is no room for it now; the client stands in the queue and is signalled.</returns>
    public bool TrySend(ISequencedClient client, in RequestVerdict verdict, bool waits, long length, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        if (!held.MayPass(client, length, waits))
            return false;
        var accessed = access.Take(client.Answered, first, rest, chain);
        if (outbox.Append(client, verdict, waits, accessed, first, rest, chain) != OutboxOutcome.NoMemory)
            return true;
        memory.AwaitPages();
        held.HoldForMemory(client, length);
        return false;
    }
}
