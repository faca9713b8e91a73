using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>What became of an order.</summary>
internal enum OrderOutcome
{
    /// <summary>It is in force.</summary>
    Done,

    /// <summary>It was so already.</summary>
    WasSo,

    /// <summary>There is no such thing.</summary>
    Unknown,

    /// <summary>It cannot be done as things are.</summary>
    Refused,

    /// <summary>The configuration has faults.</summary>
    Faulty,

    /// <summary>It is in force, but would not outlive a restart, as it should.</summary>
    NotWritten,

    /// <summary>It is not known to be in force yet.</summary>
    NotCertain,
}

/// <summary>What became of an order, for whoever gave it.</summary>
/// <param name="Outcome">In short.</param>
/// <param name="Text">A sentence.</param>
internal sealed record OrderAnswer(OrderOutcome Outcome, string Text)
{
    /// <summary>Null, when it is on disk; else why it is not. Null itself: nothing is kept.</summary>
    public Task<string?>? Written { get; init; }

    /// <summary>One for each fault of the configuration.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>What became of gaps, server by server.</summary>
    public ImmutableArray<GapClosed> Gaps { get; init; } = [];
}

/// <summary>All that an operator may order. Any thread.</summary>
internal interface IOperator
{
    /// <summary>What is wanted of a server.</summary>
    /// <param name="server">Which.</param>
    /// <param name="order">What.</param>
    /// <param name="whenCurrent">Only where it has everything now.</param>
    OrderAnswer Order(BackendAddress server, BackendOrder order, bool whenCurrent);

    /// <summary>A server more, on top of those of file and URL.</summary>
    OrderAnswer Add(BackendAddress server);

    /// <summary>One that retires, whatever file and URL say.</summary>
    OrderAnswer Remove(BackendAddress server);

    /// <summary>The servers, or this one, have been made equal to the others.</summary>
    Task<OrderAnswer> CloseGapsAsync(BackendAddress? server);

    /// <summary>These servers count as equal from where they stand, whatever their gaps are; none: all. With an ordered log.</summary>
    Task<OrderAnswer> AdoptAsync(ImmutableArray<BackendAddress> servers);

    /// <summary>One client is closed; what it sent whole goes on.</summary>
    OrderAnswer CloseClient(long id);

    /// <summary>The least level that is logged.</summary>
    /// <param name="level">From now on.</param>
    /// <param name="lentFor">After it, as before; null: it stays, until a reload.</param>
    OrderAnswer SetLogLevel(LogLevel level, TimeSpan? lentFor);

    /// <summary>Reads the configuration again.</summary>
    OrderAnswer Reload();

    /// <summary>Ends well, as SIGTERM does.</summary>
    OrderAnswer Drain();
}
