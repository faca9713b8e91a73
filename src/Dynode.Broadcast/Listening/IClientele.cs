using System.Collections.Immutable;
using Dynode.Broadcast.Backends;

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
    void CloseGaps();

    /// <summary>Ends well; done when nothing is left.</summary>
    Task Drain();

    /// <summary>Ends at once; done when nothing is left.</summary>
    Task Abort();

    /// <summary>Values of this moment.</summary>
    /// <param name="backends">The servers, to which it adds what it knows of them.</param>
    ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends);
}
