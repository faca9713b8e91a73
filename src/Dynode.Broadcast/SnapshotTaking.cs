using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast;

/// <summary>Puts together what each part of the data plane says of itself.</summary>
internal static class SnapshotTaking
{
    public static BroadcastSnapshot Of(DataPlane plane, BackendDirectory backends, Admission admission, ListenerSet listeners, IClientele clients)
    {
        var clientele = clients.Snapshot(backends.Snapshot());
        return new()
        {
            Clients = clientele.Clients,
            Lingering = clientele.Lingering,
            ClientsMax = admission.ClientsMax,
            Accepted = admission.Accepted,
            Door = admission.Door,
            AcceptStalls = listeners.Stalls,
            Evicted = clientele.Evicted,
            WriteTimeouts = plane.Traffic.WriteTimeouts,
            Malformed = clientele.Malformed,
            Parts = clientele.Parts,
            PartBytes = clientele.PartBytes,
            Requests = clientele.Requests,
            LogBytes = clientele.LogBytes,
            Tail = clientele.Tail,
            Durations = clientele.Durations,
            Errors = clientele.Errors,
            SlowRequests = clientele.SlowRequests,
            Feed = clientele.Feed,
            Slots = clientele.Slots,
            Held = clientele.Held,
            Paced = clientele.Paced,
            Ended = plane.Traffic.Ended,
            Handshakes = listeners.Handshakes,
            CutEnds = plane.Traffic.Cuts,
            IdleTimeouts = plane.Traffic.IdleTimeouts,
            ReceivedBytes = plane.Traffic.ReceivedBytes,
            RelayedBytes = plane.Traffic.RelayedBytes,
            UnreadBytes = plane.Traffic.UnreadBytes,
            Memory = plane.Pool.Snapshot(),
            Backends = clientele.Backends,
        };
    }
}
