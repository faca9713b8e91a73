using Dynode.Broadcast.Framed.Answers;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>A client as those see it whom its requests pass on their way into the log. In turns only.</summary>
internal interface ISequencedClient : IMemoryWaiter
{
    /// <summary>It is no more.</summary>
    bool IsClosed { get; }

    /// <summary>It stands in the queue of those who wait for room.</summary>
    bool IsWaiting { get; set; }

    /// <summary>Where its answers go.</summary>
    IAnswered Answered { get; }
}
