using Dynode.Broadcast.Framed.Answers;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>A client as those see it whom its requests pass on their way into the log. In turns only.</summary>
internal interface ISequencedClient : IMemoryWaiter
{
    /// <summary>It is no more.</summary>
    bool IsClosed { get; }

    /// <summary>The queue of those who wait for room in which it stands; null: in none.</summary>
    HoldQueue? WaitsIn { get; set; }

    /// <summary>When what it has sent last came, in ticks: whatever is whole of it was whole then.</summary>
    long ReceivedAt { get; }

    /// <summary>Where its answers go.</summary>
    IAnswered Answered { get; }
}
