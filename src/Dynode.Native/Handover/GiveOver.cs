using System.Collections.Concurrent;
using System.Text;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Sockets;
using Dynode.Native.State;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Handover;

/// <summary>
/// What the one that runs does once its successor is ready: ends its log, says how each server stands to it, and lets go when the
/// successor says that it opens. Until that word is here the successor has not begun; so where it dies or stands still before, what it was
/// told is what this one goes on from.
/// </summary>
internal sealed class GiveOver(Broadcaster broadcaster, HandoverChannel successor, ILogger log, TimeProvider time)
{
    /// <summary>How long a successor that has everything may take to open.</summary>
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(10);

    /// <summary>How it has ended; null: it has not.</summary>
    public HandedOver? Handed { get; private set; }

    /// <summary>Hands over.</summary>
    /// <param name="timeout">How long servers are waited for.</param>
    /// <param name="kept">Orders and the list, as they are when the log has ended.</param>
    /// <param name="itsLock">Of the state's directory; null: there is none.</param>
    /// <param name="lockPath">That directory.</param>
    /// <returns>Null: the successor has it; else why it has not.</returns>
    public string? Run(TimeSpan timeout, Func<KeptState> kept, SafeFileHandle? itsLock, string lockPath)
    {
        HandoverLog.HandingOver(log, SocketUser.Of(successor.Socket)?.Pid ?? 0);
        long began = time.GetTimestamp();
        using var whole = new BlockingCollection<BackendAddress>();
        Task<HandedOver> ending = broadcaster.HandOverAsync(timeout, whole.Add);
        _ = ending.ContinueWith(_ => whole.CompleteAdding(), TaskScheduler.Default);

        // Told at once: should this process die now, they are known to have missed nothing.
        bool isThere = true;
        foreach (BackendAddress server in whole.GetConsumingEnumerable())
            isThere = isThere && successor.TrySend(FrameKind.Whole, HandedAddress.Write(server));
        HandedOver handed = Handed = ending.GetAwaiter().GetResult();
        var state = HandedState.Of(handed, kept());
        int connections = handed.Servers.Count(static server => server.Connection is not null);
        foreach (HandedServer server in handed.Servers)
        {
            if (server.Connection is { } connection)
                isThere = isThere && successor.TrySend(FrameKind.Connection, [.. Encoding.UTF8.GetBytes($"{HandedAddress.Write(server.Address)}\n"), .. connection.Rest.Span], connection.Socket.SafeHandle);
        }

        string? fault = Tell(isThere, state, itsLock, lockPath);
        if (fault is null)
        {
            HandoverLog.HandedOver(log, Math.Round(time.GetElapsedTime(began).TotalSeconds, 3), handed.Next, Names(state), connections);
            foreach (HandedServer server in handed.Servers)
                server.Connection?.Socket.Dispose();
        }

        return fault;
    }

    /// <summary>
    /// Lets a successor open that follows the same stream: it is another broadcaster there, and waits for the servers of this one, which gives them up when they have had what its clients
    /// sent. Where the successor does not open nothing has changed here.
    /// </summary>
    /// <param name="kept">Orders and the list.</param>
    /// <param name="itsLock">Of the state's directory; null: there is none.</param>
    /// <param name="lockPath">That directory.</param>
    /// <returns>Null: it is open; else why it is not.</returns>
    public string? LetOpen(KeptState kept, SafeFileHandle? itsLock, string lockPath)
    {
        string? fault = Tell(isThere: true, new HandedState(0, kept with { Run = RunEnd.Stopped }, []), itsLock, lockPath);
        if (fault is null)
            HandoverLog.Opened(log);
        return fault;
    }

    private string? Tell(bool isThere, HandedState state, SafeFileHandle? itsLock, string lockPath)
    {
        if (itsLock is not null)
            isThere = isThere && successor.TrySend(FrameKind.Lock, Encoding.UTF8.GetBytes(lockPath), itsLock);
        isThere = isThere && successor.TrySend(FrameKind.State, state.Write());
        return isThere ? AwaitOpen() : "it is gone, or takes nothing";
    }

    /// <summary>For a line of the log.</summary>
    public static string Names(HandedState state) => state.Kept.Gaps.IsEmpty ? "none" : string.Join(", ", state.Kept.Gaps);

    private string? AwaitOpen()
    {
        if (successor.Receive(OpenPatience) is { Kind: FrameKind.Open })
            return null;

        // One that is late can send that word no more; but it may have done so a moment ago.
        successor.RefuseMore();
        return successor.Receive(TimeSpan.Zero) is { Kind: FrameKind.Open } ? null : "it ended, or did not open in time";
    }
}
