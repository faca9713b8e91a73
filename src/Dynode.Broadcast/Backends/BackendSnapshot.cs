using System.Collections.Immutable;

namespace Dynode.Broadcast.Backends;

/// <summary>What a backend is to those who want to connect to it.</summary>
public enum BackendState
{
    /// <summary>Nobody has tried yet.</summary>
    Unknown,

    /// <summary>The last attempt to connect succeeded.</summary>
    Up,

    /// <summary>The last attempt failed; one session at a time tries again, with growing waits.</summary>
    Down,
}

/// <summary>Drops for one reason.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Requests">Requests (raw: bursts) of which a part or all was dropped.</param>
/// <param name="Bytes">How long they were.</param>
public readonly record struct DropCount(DropReason Reason, long Requests, long Bytes);

/// <summary>How a server stands to the log that all clients of a framed protocol share.</summary>
/// <param name="IsConnected">It has a connection, and was found ready.</param>
/// <param name="IsCurrent">It is connected, not ejected, and has caught up: it votes, should it have no gap.</param>
/// <param name="IsEjected">It holds nobody: its hold budget was spent.</param>
/// <param name="Gap">Why it has missed something; null: it has not.</param>
/// <param name="FirstMissing">The number in the log of the first request that it missed; -1: none.</param>
/// <param name="LagRequests">Requests that it has not acknowledged.</param>
/// <param name="LagBytes">Their length.</param>
/// <param name="InFlight">Of those, the ones that were sent on its connection.</param>
/// <param name="Oldest">How long ago the oldest of them came; null: there is none, or it is not known.</param>
/// <param name="IsPrimary">Where the primary's replies count: this is it.</param>
/// <param name="Votes">Its replies count.</param>
/// <param name="Watermark">Of one that does each request exactly once; null: it does not.</param>
/// <param name="IsFromStream">It catches up from the stream by itself: its lag is what was read of that for it.</param>
public sealed record FramedStanding(
    bool IsConnected,
    bool IsCurrent,
    bool IsEjected,
    string? Gap,
    long FirstMissing,
    long LagRequests,
    long LagBytes,
    long InFlight,
    TimeSpan? Oldest = null,
    bool IsPrimary = false,
    bool Votes = false,
    FramedWatermark? Watermark = null,
    bool IsFromStream = false)
{
    /// <summary>The operator has said that it misses nothing any more, and that is not written yet.</summary>
    public bool IsGapClosing { get; init; }
}

/// <summary>What one server that does each request exactly once has done, at one moment.</summary>
/// <param name="Number">In the stream: it has all that counts of the entries up to this one.</param>
/// <param name="Index">And so many requests of what counts behind it.</param>
/// <param name="Epoch">Which life of a broadcaster writes its watermark.</param>
/// <param name="Mode">One of <see cref="Modes"/>.</param>
/// <param name="Aborts">Batches that were not done, and whose requests were sent again.</param>
/// <param name="RepeatsAvoided">Requests that were not sent again, for it had done them, by its own word.</param>
/// <param name="FencesLost">Begins at which somebody else's batch came between.</param>
public sealed record FramedWatermark(ulong Number, long Index, long Epoch, string Mode, long Aborts, long RepeatsAvoided, long FencesLost)
{
    /// <summary>How it is sent requests: in batches; one at a time; without its watermark, which it refuses; not before it writes its file anew; not, for it has no connection.</summary>
    public static ImmutableArray<string> Modes { get; } = ["batched", "careful", "suspended", "rewrite", "connecting"];
}

/// <summary>One backend at one moment. Counts are since it was first configured.</summary>
public sealed record BackendSnapshot
{
    /// <summary>Which.</summary>
    public required BackendAddress Address { get; init; }

    /// <summary>Up or down.</summary>
    public BackendState State { get; init; }

    /// <summary>What the operator wants of it.</summary>
    public BackendOrder Order { get; init; }

    /// <summary>It is in the set no more, and retires.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Why a connect failed, or a connection ended, last; null: none has.</summary>
    public string? LastError { get; init; }

    /// <summary>It is down, and so long nobody tries again; null: somebody may, or does.</summary>
    public TimeSpan? RetryIn { get; init; }

    /// <summary>Open connections now.</summary>
    public long Connections { get; init; }

    /// <summary>Connections made.</summary>
    public long Connects { get; init; }

    /// <summary>Attempts that failed.</summary>
    public long ConnectFailures { get; init; }

    /// <summary>Connections that ended before their session's end was sent on them.</summary>
    public long ConnectionsLost { get; init; }

    /// <summary>Bytes that the kernel took for it, repeats included.</summary>
    public long SentBytes { get; init; }

    /// <summary>Bytes that it answered.</summary>
    public long RepliedBytes { get; init; }

    /// <summary>How often a new connection began with a request (raw: burst) that had begun on the one before.</summary>
    public long Repeats { get; init; }

    /// <summary>Bytes sent again so.</summary>
    public long RepeatedBytes { get; init; }

    /// <summary>Bytes that TCP had not acknowledged when a connection was lost.</summary>
    public long UnacknowledgedBytes { get; init; }

    /// <summary>How often its hold budget was spent.</summary>
    public long Ejections { get; init; }

    /// <summary>Framed: replies that differed from those of the other servers.</summary>
    public long Divergences { get; init; }

    /// <summary>Framed: how often it was no longer waited for, because its connection ended, it stalled, or it was removed.</summary>
    public long Withdrawals { get; init; }

    /// <summary>Framed: requests that it was not sent, because it refuses their database: the refusal was its reply.</summary>
    public long Refusals { get; init; }

    /// <summary>Raw: bytes that sessions hold for it, as far as their turns have told.</summary>
    public long OwedBytes { get; init; }

    /// <summary>Framed: how it stands to the shared log.</summary>
    public FramedStanding? Standing { get; init; }

    /// <summary>With an ordered log: where it stands in that.</summary>
    public OrderedPlace? Place { get; init; }

    /// <summary>One entry for each reason.</summary>
    public ImmutableArray<DropCount> Drops { get; init; } = [];

    /// <summary>Drops for all reasons, in requests.</summary>
    public long DroppedRequests => Drops.Sum(drop => drop.Requests);

    /// <summary>Drops for all reasons, in bytes.</summary>
    public long DroppedBytes => Drops.Sum(drop => drop.Bytes);
}
