using System.Collections.Immutable;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Admin;

/// <summary>What a server is to an operator.</summary>
internal enum ServerState
{
    /// <summary>It has all, or is behind by no more than what is on its way.</summary>
    Current,

    /// <summary>It is connected, and behind.</summary>
    CatchingUp,

    /// <summary>Nobody knows yet whether it is there.</summary>
    Connecting,

    /// <summary>It cannot be reached.</summary>
    Down,

    /// <summary>It is connected, holds nobody and does not vote.</summary>
    Ejected,

    /// <summary>The operator has disabled it: it has no connection.</summary>
    Disabled,

    /// <summary>It was removed, and gets what was there before.</summary>
    Retiring,
}

/// <summary>One server in a sample.</summary>
internal sealed record ServerFigures
{
    public required BackendSnapshot Backend { get; init; }

    public required ServerState State { get; init; }

    /// <summary>How long it has been so, as far as it was looked at.</summary>
    public TimeSpan Since { get; init; }

    /// <summary>Framed: not acknowledged. Raw: held for it by all sessions together.</summary>
    public long LagBytes { get; init; }

    /// <summary>How long ago the oldest of that came; null: before anybody looked.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>How long it will take it to be current, at the pace of the last seconds; null: it is, or is not connected; infinite: never.</summary>
    public TimeSpan? CatchUp { get; init; }

    /// <summary>How long until what waits for it fills the log, at that pace; null: it does not become more, or raw.</summary>
    public TimeSpan? Overflow { get; init; }

    /// <summary>How much was ever to be delivered to it, in bytes: what it got or lost, and what waits.</summary>
    public long OwedEver { get; init; }
}

/// <summary>The broadcaster at one moment, with what follows from the moments before. Immutable.</summary>
internal sealed record Sample
{
    /// <summary>When, on the sampler's clock.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    public required BroadcastSnapshot Snapshot { get; init; }

    public required ImmutableArray<ServerFigures> Servers { get; init; }

    /// <summary>Requests a second; 0 in raw.</summary>
    public double RequestRate { get; init; }

    /// <summary>Bytes a second from clients.</summary>
    public double ReceivedRate { get; init; }

    /// <summary>Bytes a second to clients.</summary>
    public double RelayedRate { get; init; }

    /// <summary>What half of the last seconds' requests took at most; null: there were none.</summary>
    public TimeSpan? Median { get; init; }

    /// <summary>What all but a hundredth of them took at most.</summary>
    public TimeSpan? Percentile99 { get; init; }

    /// <summary>With an ordered log: how long half of the last seconds' requests waited for their places at most; null: there were none.</summary>
    public TimeSpan? PlaceMedian { get; init; }

    /// <summary>How long all but a hundredth of them did.</summary>
    public TimeSpan? PlacePercentile99 { get; init; }
}
