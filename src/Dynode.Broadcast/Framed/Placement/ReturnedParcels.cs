using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>Parcels of this broadcaster's that were in flight when its lane ended: those that are in no stream for certain go into the next one, of the others nobody knows. In turns only.</summary>
internal sealed class ReturnedParcels(DataPlane plane, LanePublisher publisher, StreamParts parts)
{
    private readonly Queue<PageChain> _parcels = [];

    /// <summary>None is to be published again.</summary>
    public bool IsEmpty => _parcels.Count == 0;

    /// <summary>Takes what the publisher gives back.</summary>
    public void Take()
    {
        // What has come by, and still waits for room, is among the oldest that wait, and is not what comes back.
        if (!publisher.HasBack || parts.Placement.IsHeld)
            return;
        plane.Logger.LaneEnded();
        var behind = _parcels.ToArray();
        _parcels.Clear();
        bool isKnown = true;
        var parcel = new PageChain();
        while (publisher.TryTakeBack(parcel, out var fate))
        {
            isKnown &= fate == LaneFate.NotKept;
            _parcels.Enqueue(parcel);
            parcel = new PageChain();
        }

        // In the order in which their requests wait.
        Array.ForEach(behind, _parcels.Enqueue);
        if (isKnown)
            return;
        parts.Patience.GiveUpSent();
        Release();
    }

    /// <summary>Publishes the first of them.</summary>
    /// <returns>False: it cannot be now.</returns>
    public bool TryPublish()
    {
        if (_parcels.Peek().Length > publisher.ParcelBytesMax)
            return TryRefuse();
        publisher.Publish(_parcels.Dequeue());
        return true;
    }

    /// <summary>Gives back all pages.</summary>
    public void Release()
    {
        while (_parcels.TryDequeue(out var parcel))
            parcel.Release();
    }

    /// <summary>The engine takes less than it did: what it had not taken is nowhere, with all that was to follow it.</summary>
    /// <returns>False: some of what waits in parcels has a place, or may get one.</returns>
    private bool TryRefuse()
    {
        if (publisher.InFlight > 0 || parts.Placement.IsHeld)
            return false;
        parts.Patience.GiveUpSent(isNowhere: true);
        Release();
        return true;
    }
}
