using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>A client's request that has no place in the log yet: all that the log does not hold for it. See <see cref="Waiting"/>.</summary>
internal struct WaitingRequest
{
    /// <summary>Whose it is; null: nobody's (any more).</summary>
    public IAnswered? Client;

    public RequestVerdict Verdict;

    /// <summary>Our own answers to later requests of this client, which follow this one's.</summary>
    public KeptReply? Trailer;

    public AccessedRequests.Accessed? Accessed;

    /// <summary>The client's next request that waits; -1: none.</summary>
    public long NextOfClient;

    /// <summary>When it was whole, in ticks; <see cref="Plane.Clock.Never"/>: nobody waits for its place any more.</summary>
    public long Since;

    /// <summary>When it found room, as <see cref="Durations.Now"/>.</summary>
    public uint OpenedAt;

    /// <summary>Its client gets an answer to it.</summary>
    public bool IsToAnswer;

    /// <summary>It was taken out again: it gets no place.</summary>
    public bool IsDropped;
}
