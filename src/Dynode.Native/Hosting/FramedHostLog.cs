using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>Events of <see cref="HostLog"/> that say more where requests are known: same numbers, more fields.</summary>
internal static partial class FramedHostLog
{
    [LoggerMessage(
        2001,
        LogLevel.Information,
        "stopped after {Seconds} s: {Accepted} clients accepted, {Refused} refused, {Malformed} closed for a malformed request, {Parts} left in the midst of one ({PartBytes} bytes); "
        + "{Requests} requests in the log, {Received} bytes received, {Relayed} bytes of replies relayed")]
    public static partial void Stopped(
        ILogger logger, double seconds, long accepted, long refused, long malformed, long parts, long partBytes, long requests, long received, long relayed);

    [LoggerMessage(
        2007,
        LogLevel.Information,
        "server {Server}: {Connects} connections, {Sent} bytes sent, {Replied} bytes of replies, "
        + "dropped {Dropped} requests ({DroppedBytes} bytes), repeated {Repeats} requests ({RepeatedBytes} bytes), "
        + "{Unacknowledged} bytes not acknowledged by TCP, {Divergences} divergences, {Withdrawals} withdrawals, {Ejections} ejections; "
        + "{LagRequests} requests ({LagBytes} bytes) behind when the end began; gap: {Gap}")]
    public static partial void ServerCounts(
        ILogger logger,
        BackendAddress server,
        long connects,
        long sent,
        long replied,
        long dropped,
        long droppedBytes,
        long repeats,
        long repeatedBytes,
        long unacknowledged,
        long divergences,
        long withdrawals,
        long ejections,
        long lagRequests,
        long lagBytes,
        string gap);
}
