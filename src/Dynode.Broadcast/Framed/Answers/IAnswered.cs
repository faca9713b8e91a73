using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>Who waits for answers: all that <see cref="AnswerQueue"/> and <see cref="Voting"/> know of a client. In turns only.</summary>
internal interface IAnswered
{
    /// <summary>From where it came.</summary>
    EndPoint? Address { get; }

    /// <summary>The number of its oldest request that is not answered; -1: none.</summary>
    long FirstPending { get; }

    /// <summary>The number of its newest such request.</summary>
    long LastPending { get; }

    /// <summary>The number, in <see cref="Waiting"/>, of its oldest request that has no place in the log yet; -1: all have.</summary>
    long FirstUnplaced { get; }

    /// <summary>The number of its newest such request.</summary>
    long LastUnplaced { get; }

    /// <summary>It can be given nothing any more.</summary>
    bool IsTorn { get; }

    /// <summary>It has as much untaken as it may: what it is to get next must wait until it takes some.</summary>
    bool IsFarBehind { get; }

    /// <summary>As much waits for it as may, untaken or kept in slots.</summary>
    bool HasMuchWaiting { get; }

    /// <summary>Others wait behind what it does not take, and have waited long enough.</summary>
    bool HoldsTooLong(long now);

    /// <summary>One of its requests waits for its place.</summary>
    void Unplaced(long number);

    /// <summary>Its oldest such request waits no more; <paramref name="next"/> is the oldest now.</summary>
    void Placed(long next);

    /// <summary>One of its requests that was not the oldest waits no more for a place; <paramref name="last"/> is the newest now.</summary>
    void Withdrawn(long last);

    /// <summary>One of its requests has a slot.</summary>
    void Entered(long number);

    /// <summary>Its oldest pending request is answered; <paramref name="next"/> is the oldest now.</summary>
    void Left(long next, int selects, bool accepted);

    /// <summary>Answers to it wait elsewhere; with a minus, do not any more.</summary>
    void Owes(long bytes);

    /// <summary>Its next bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Its next bytes; takes over the pages, unless it is torn.</summary>
    void Write(PageChain pages);

    /// <summary>It cannot be given what it must get next: it is closed, in a turn to come.</summary>
    void Tear(ClientEnd end);
}
