using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>All clients of one broadcaster at one moment, and what they share: values only.</summary>
internal sealed record ClienteleSnapshot
{
    /// <summary>Clients connected now.</summary>
    public int Clients { get; init; }

    /// <summary>Raw: sessions whose client has gone and whose bytes wait for a server.</summary>
    public int Lingering { get; init; }

    /// <summary>Raw: lingering sessions given up for newer ones.</summary>
    public long Evicted { get; init; }

    /// <summary>Framed: clients closed because their requests were none of the protocol's.</summary>
    public long Malformed { get; init; }

    /// <summary>Framed: clients that left with a request in part, or with one that was not taken yet.</summary>
    public long Parts { get; init; }

    /// <summary>Framed: bytes of those, which went nowhere.</summary>
    public long PartBytes { get; init; }

    /// <summary>Framed: requests that are in the log so far.</summary>
    public long Requests { get; init; }

    /// <summary>Framed: bytes that the log holds.</summary>
    public long LogBytes { get; init; }

    /// <summary>Framed: bytes that have entered the log so far.</summary>
    public long Tail { get; init; }

    /// <summary>Framed: how long requests took.</summary>
    public DurationHistogram? Durations { get; init; }

    /// <summary>Framed: requests that took <c>slow_request</c> or longer.</summary>
    public long SlowRequests { get; init; }

    /// <summary>With an ordered log: how it stands with it; null: there is none.</summary>
    public FeedSnapshot? Feed { get; init; }

    /// <summary>Framed: requests that were answered with an error of the broadcaster's own, by why.</summary>
    public ImmutableArray<ErrorCount> Errors { get; init; } = [];

    /// <summary>Framed: slots of the ring in use, or behind one that is.</summary>
    public int Slots { get; init; }

    /// <summary>Framed: clients that wait for room.</summary>
    public int Held { get; init; }

    /// <summary>Framed: clients that are not read for now, for they have sent more than <c>request_rate</c>.</summary>
    public int Paced { get; init; }

    /// <summary>The servers, each with how it stands to these clients' log where they share one.</summary>
    public ImmutableArray<BackendSnapshot> Backends { get; init; } = [];
}
