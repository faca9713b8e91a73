using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast;

/// <summary>The data plane at one moment: values only.</summary>
public sealed record BroadcastSnapshot
{
    /// <summary>Clients connected now.</summary>
    public int Clients { get; init; }

    /// <summary>Sessions whose client has gone and whose bytes wait for a server.</summary>
    public int Lingering { get; init; }

    /// <summary>Clients at once that the settings and the descriptor limit allow.</summary>
    public int ClientsMax { get; init; }

    /// <summary>Clients accepted since the start.</summary>
    public long Accepted { get; init; }

    /// <summary>Clients that were not let in, by why.</summary>
    public DoorFigures Door { get; init; }

    /// <summary>All of those.</summary>
    public long Refused => Door.Refused;

    /// <summary>Times that accepting had to wait for descriptors.</summary>
    public long AcceptStalls { get; init; }

    /// <summary>Handshakes with clients; null: none speaks TLS.</summary>
    public HandshakeFigures? Handshakes { get; init; }

    /// <summary>Clients by TLS whose end was no close_notify: it may have been somebody between.</summary>
    public long CutEnds { get; init; }

    /// <summary>Lingering sessions given up for newer ones.</summary>
    public long Evicted { get; init; }

    /// <summary>Clients closed because they would not take their replies.</summary>
    public long WriteTimeouts { get; init; }

    /// <summary>Framed: clients closed because their requests were none of the protocol's.</summary>
    public long Malformed { get; init; }

    /// <summary>Framed: clients that left with a request in part, or with one that was not taken yet.</summary>
    public long Parts { get; init; }

    /// <summary>Framed: bytes of those, which went nowhere.</summary>
    public long PartBytes { get; init; }

    /// <summary>Framed: requests that are in the log so far.</summary>
    public long Requests { get; init; }

    /// <summary>Framed: bytes that the log holds for servers.</summary>
    public long LogBytes { get; init; }

    /// <summary>Framed: bytes that have entered the log so far.</summary>
    public long Tail { get; init; }

    /// <summary>Framed: how long requests took; null in raw.</summary>
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

    /// <summary>Clients that ended, by <see cref="EndReason"/>.</summary>
    public ImmutableArray<long> Ended { get; init; } = [];

    /// <summary>Clients closed for their silence.</summary>
    public long IdleTimeouts { get; init; }

    /// <summary>Bytes that clients sent and the logs took.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Bytes of replies that clients took.</summary>
    public long RelayedBytes { get; init; }

    /// <summary>Bytes of clients that were read after their session's end, and thrown away.</summary>
    public long UnreadBytes { get; init; }

    /// <summary>The pool's ledger.</summary>
    public PoolSnapshot Memory { get; init; }

    /// <summary>In the order of the list; those that retire come last.</summary>
    public ImmutableArray<BackendSnapshot> Backends { get; init; } = [];
}
