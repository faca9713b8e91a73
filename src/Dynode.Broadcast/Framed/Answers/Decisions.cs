using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>Who is told of a request in the moment when it is decided. In turns only.</summary>
internal sealed class Decisions(SlowLog slow, AccessedRequests access)
{
    /// <summary>A request is decided.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="slot">Its.</param>
    /// <param name="decider">Whose reply, or whose silence, decided; null: none's.</param>
    /// <param name="verdict">What was.</param>
    public void Decided(long number, in Slot slot, Voter? decider, PolicyVerdict verdict)
    {
        slow.Decided(number, slot, decider);
        if (access.AreOpen)
            access.Decided(number, slot, verdict);
    }
}
