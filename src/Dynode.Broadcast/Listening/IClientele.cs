using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// All clients of one broadcaster and what becomes of their bytes: sessions with a log each (raw), or one sequence of all
/// requests (framed). Any thread.
/// </summary>
internal interface IClientele : IClientDoor
{
    /// <summary>Clients and what they left behind, for whoever waits for the end.</summary>
    int Count { get; }

    /// <summary>The set of servers has changed.</summary>
    void SetChanged();

    /// <summary>The settings have changed.</summary>
    void SettingsChanged();

    /// <summary>The operator has made the servers equal.</summary>
    /// <param name="address">This one to the others; null: all.</param>
    /// <returns>How many had a gap.</returns>
    int CloseGaps(BackendAddress? address);

    /// <summary>All clients.</summary>
    ClientFigures[] Figures();

    /// <summary>Framed: the last requests that were slow, newest first.</summary>
    SlowRequest[] SlowRequests();

    /// <summary>Closes one client.</summary>
    /// <returns>False: there is none with that number.</returns>
    bool TryCloseClient(long id);

    /// <summary>What the operator wants of servers has changed.</summary>
    void OrdersChanged();

    /// <summary>Ends well; done when nothing is left.</summary>
    Task Drain();

    /// <summary>Ends at once; done when nothing is left.</summary>
    Task Abort();

    /// <summary>Values of this moment.</summary>
    /// <param name="backends">The servers, to which it adds what it knows of them.</param>
    ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends);
}
