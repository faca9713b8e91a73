using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>
/// The last lines of the log: what became of each server's bytes, then the sum. Raw counts bursts; the framed protocols count
/// requests, and say how each server stood. The same events for both, each with the fields that it has.
/// </summary>
internal static class StopReport
{
    /// <summary>Says it.</summary>
    /// <param name="logger">Takes it.</param>
    /// <param name="isFramed">Requests are known.</param>
    /// <param name="atSignal">Before the drain: how far behind each server was then. What it did not get after all is counted as dropped.</param>
    /// <param name="atEnd">When nothing runs any more.</param>
    /// <param name="seconds">Since the start.</param>
    public static void Write(ILogger logger, bool isFramed, BroadcastSnapshot atSignal, BroadcastSnapshot atEnd, double seconds)
    {
        foreach (BackendSnapshot server in atEnd.Backends)
        {
            if (isFramed)
                WriteFramed(logger, server, atSignal.Backends.FirstOrDefault(before => before.Address.Equals(server.Address))?.Standing);
            else
                HostLog.ServerCounts(logger, server.Address, server.Connects, server.SentBytes, server.RepliedBytes, server.DroppedRequests, server.DroppedBytes, server.RepeatedBytes, server.UnacknowledgedBytes);
        }

        if (isFramed)
            FramedHostLog.Stopped(logger, seconds, atEnd.Accepted, atEnd.Refused, atEnd.Malformed, atEnd.Parts, atEnd.PartBytes, atEnd.Requests, atEnd.ReceivedBytes, atEnd.RelayedBytes);
        else
            HostLog.Stopped(logger, seconds, atEnd.Accepted, atEnd.Refused, atEnd.ReceivedBytes, atEnd.RelayedBytes);
    }

    private static void WriteFramed(ILogger logger, BackendSnapshot server, FramedStanding? atSignal)
    {
        // The end of everything is no gap: what a server missed by it is among the dropped.
        string gap = (server.Standing ?? atSignal) is { Gap: { } cause } standing ? $"from request {standing.FirstMissing} on, reason {cause}" : "none";
        FramedHostLog.ServerCounts(
            logger,
            server.Address,
            server.Connects,
            server.SentBytes,
            server.RepliedBytes,
            server.DroppedRequests,
            server.DroppedBytes,
            server.Repeats,
            server.RepeatedBytes,
            server.UnacknowledgedBytes,
            server.Divergences,
            server.Withdrawals,
            server.Ejections,
            atSignal?.LagRequests ?? 0,
            atSignal?.LagBytes ?? 0,
            gap);
    }
}
