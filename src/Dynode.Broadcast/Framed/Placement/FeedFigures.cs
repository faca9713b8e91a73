using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Plane;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What a <see cref="StreamFeed"/> looks like from outside: values of one moment. In turns only; changes nothing.</summary>
internal sealed class FeedFigures(DataPlane plane, OrderReader reader, LanePublisher publisher, FeedBeginning beginning, StreamParts parts)
{
    /// <summary>Values of this moment.</summary>
    /// <param name="unknown">The entry that nobody here knows how to place; 0: there is none.</param>
    /// <param name="unknownText">Why.</param>
    public FeedSnapshot Snapshot(ulong unknown, string unknownText)
    {
        var standing = reader.Standing;
        bool isElsewhere = standing.Kind is StreamStandingKind.Away or StreamStandingKind.Fault;
        var state = unknown > 0 ? StreamStandingKind.Unknown : beginning.HasBegun || isElsewhere ? standing.Kind : StreamStandingKind.Seeking;
        bool isSaid = beginning.HasBegun || (isElsewhere && standing.Text.Length > 0);
        return new FeedSnapshot
        {
            State = state,
            Why = unknown > 0 ? unknownText : isSaid ? FeedReport.Why(standing) : "it is not known yet from where to read the log",
            Stream = reader.Identity?.Name ?? "",
            Identity = reader.Identity?.ToString() ?? "",
            Server = reader.State?.Server ?? "",
            Leader = reader.State?.Leader ?? "",
            Where = reader.State?.Where ?? "",
            RoundTrip = reader.State is { } seen ? TimeSpan.FromMicroseconds(seen.RoundTrip) : null,
            Placed = Placed(unknown),
            Last = reader.Last,
            Waiting = parts.Waiting.Count,
            InFlight = publisher.InFlight,
            Window = plane.Settings.ParcelsInFlightMax,
            Parcels = parts.Outbox.Parcels,
            ParcelRequests = parts.Outbox.ParcelRequests,
            SentAgain = publisher.SentAgain,
            Refusal = publisher.Refusals.Lasts ? publisher.Refusals.Last : "",
            NotKept = parts.Patience.NotKept,
            NotKeptUntold = parts.Patience.NotKeptUntold,
            Unknown = parts.Patience.Unknown,
            Read = reader.Counters,
            LeaderChanges = reader.LeaderChanges,
            Overtaken = beginning.Overtaken,
            Others = parts.Places.Others.Text,
            Living = parts.Places.Others.Beside,
            Lanes = reader.Lanes.Count,
            Ranges = parts.Regions.Figures(),
            Places = parts.Placement.Waited.Snapshot(),
        };
    }

    /// <summary>Where each server stands now; for one that has not joined, where it was said to stand.</summary>
    /// <param name="unknown">As for <see cref="Snapshot"/>.</param>
    public (BackendAddress Server, OrderedPlace Place)[] Places(ulong unknown)
    {
        ulong placed = Placed(unknown);
        var now = new Dictionary<BackendAddress, ulong>();
        foreach (var delivery in parts.Deliveries.InLog)
            now[delivery.Backend.Address] = NumberOf(delivery, placed);
        return parts.Places.Figures(reader.Identity, reader.Last, now);
    }

    // The newest entry of which it has all; 0: it is not known.
    private ulong NumberOf(FramedDelivery delivery, ulong placed)
    {
        if (delivery.CatchUp is { } apart)
            return apart.TryPlace(out ulong number, out _) ? number : 0;
        bool hasAll = delivery.NumberDone == parts.Log.Next && !parts.Placement.IsHeld;
        return hasAll ? Math.Max(beginning.SkipTo, placed) : parts.Marks.NumberAt(delivery.NumberDone);
    }

    // What was judged last may wait for room still, or for whoever knows it.
    private ulong Placed(ulong unknown)
    {
        ulong judged = reader.Lanes.Number;
        return unknown > 0 ? unknown - 1 : parts.Placement.IsHeld && judged > 0 ? judged - 1 : judged;
    }
}
