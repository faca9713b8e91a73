using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>What each client is made with: the way into the log, the way its answers come, and what all clients use in turns. Nothing of the servers.</summary>
internal sealed record ClientParts(
    DataPlane Plane,
    IProtocol Protocol,
    FramingInForce Framing,
    Turns Turns,
    Sequencer Sequencer,
    AnswerQueue Answers,
    OwnAnswers Own,
    ReplyMemory Replies,
    MemoryWaiters Memory)
{
    /// <summary>Where a request is judged; of meaning until the next one is.</summary>
    public RequestScratch Scratch { get; } = new();

    /// <summary>For requests that find no room.</summary>
    public HeldRequests Held { get; } = new();

    /// <summary>How fast clients' requests are taken.</summary>
    public ClientPaces Paces { get; } = new(Plane, Turns);

    /// <summary>For clients that have something to be sent.</summary>
    public DirtyClients Dirty { get; } = new();
}
