using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// All clients of one broadcaster and what becomes of their bytes: sessions with a log each (raw), or one sequence of all
/// requests (framed). Any thread.
/// </summary>
internal interface IClientele : IClientDoor, IRoll
{
    /// <summary>Clients and what they left behind, for whoever waits for the end.</summary>
    int Count { get; }

    /// <summary>Clients that are here, for whoever lets in more: what those left behind who have gone is in nobody's way.</summary>
    int Clients { get; }

    /// <summary>The set of servers has changed.</summary>
    void SetChanged();

    /// <summary>The settings have changed.</summary>
    void SettingsChanged();

    /// <summary>The operator has made servers equal.</summary>
    /// <param name="order">Which, and whatever their gaps are.</param>
    /// <returns>What became of it, server by server.</returns>
    Task<ImmutableArray<GapClosed>> CloseGapsAsync(GapOrder order);

    /// <summary>Framed: the last requests that were slow, newest first.</summary>
    SlowRequest[] SlowRequests();

    /// <summary>Closes one client.</summary>
    /// <returns>False: there is none with that number.</returns>
    bool TryCloseClient(long id);

    /// <summary>What the operator wants of servers has changed.</summary>
    void OrdersChanged();

    /// <summary>Ends well; done when nothing is left.</summary>
    Task Drain();

    /// <summary>
    /// Another broadcaster is to go on from here. Framed: no client is read any more, servers get what the log holds, and the task is done
    /// when it is, with every server. Raw: there is nothing to be done, each session goes on to its end.
    /// </summary>
    /// <param name="whole">Framed: told of each server that has had everything, as soon as it has; it may leave word and no more.</param>
    Task Deliver(Action<BackendAddress> whole);

    /// <summary>The time for that is over: who has not had everything has a gap, and its connection goes over as it is. The task of <see cref="Deliver"/> is done soon.</summary>
    void LetGo();

    /// <summary>How it has ended; of meaning when the task of <see cref="Deliver"/> is done.</summary>
    HandedOver HandOver();

    /// <summary>Another broadcaster has taken over: done when nobody is left here. Raw: no client comes in, and each session goes on to its own end.</summary>
    Task ServeOn();

    /// <summary>Before the first request: another broadcaster's log ended before this number.</summary>
    void GoOnFrom(long next);

    /// <summary>Ends at once; done when nothing is left.</summary>
    Task Abort();

    /// <summary>Where each server stands in an ordered log is written, and others may have it; the end, behind <see cref="Drain"/> or <see cref="Abort"/>.</summary>
    Task ReleaseAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Values of this moment.</summary>
    /// <param name="backends">The servers, to which it adds what it knows of them.</param>
    ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends);
}
