using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>What became of a request that was to go into an <see cref="IOutbox"/>.</summary>
internal enum OutboxOutcome
{
    /// <summary>It is in.</summary>
    Taken,

    /// <summary>There is no memory for it now.</summary>
    NoMemory,

    /// <summary>Its client has been told why it is not kept.</summary>
    Refused,
}

/// <summary>Where requests go whose place in the log is decided elsewhere. In turns only.</summary>
internal interface IOutbox
{
    /// <summary>Makes a request the next there: all in one piece <paramref name="first"/> and <paramref name="rest"/>, or a chain.</summary>
    /// <param name="client">Whose it is.</param>
    /// <param name="verdict">On it.</param>
    /// <param name="isToAnswer">Its client gets an answer.</param>
    /// <param name="accessed">Of its line in the access log; null: it has none.</param>
    /// <param name="first">All of it, with <paramref name="rest"/>; empty where it lies in a chain.</param>
    /// <param name="rest">May be empty.</param>
    /// <param name="chain">Null: it is in the other two. Else empty afterwards, where it was taken or refused.</param>
    OutboxOutcome Append(
        ISequencedClient client,
        in RequestVerdict verdict,
        bool isToAnswer,
        AccessedRequests.Accessed? accessed,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> rest,
        PageChain? chain);
}
