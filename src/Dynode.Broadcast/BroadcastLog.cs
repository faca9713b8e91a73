using System.Net;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast;

/// <summary>
/// Everything that the data plane says, each event with a number that stays its own (1000 to 1999). Faults that can repeat
/// are limited by whoever reports them; what happens to one session alone is Debug.
/// </summary>
internal static partial class BroadcastLog
{
    [LoggerMessage(1001, LogLevel.Information, "listening on {Address}")]
    public static partial void Listening(this ILogger logger, EndPoint address);

    [LoggerMessage(1002, LogLevel.Warning, "not listening on {Address}: IPv6 is off on this machine")]
    public static partial void ListenSkipped(this ILogger logger, EndPoint address);

    [LoggerMessage(1003, LogLevel.Information, "accepting clients; servers: {Servers}")]
    public static partial void Accepting(this ILogger logger, BackendSet servers);

    [LoggerMessage(1004, LogLevel.Warning, "no descriptors left for new clients ({Error}); accepting goes on when some are free")]
    public static partial void AcceptStalled(this ILogger logger, string error);

    [LoggerMessage(1005, LogLevel.Warning, "clients refused: {Refused} in all; {ClientsMax} are served at once")]
    public static partial void ClientsRefused(this ILogger logger, long refused, int clientsMax);

    [LoggerMessage(1006, LogLevel.Warning, "clients at once lowered from {Configured} to {ClientsMax}: {Descriptors} descriptors are allowed and each client takes {PerClient}")]
    public static partial void ClientsLowered(this ILogger logger, int configured, int clientsMax, long descriptors, int perClient);

    [LoggerMessage(1101, LogLevel.Information, "server {Server} is up at {Address}")]
    public static partial void BackendUp(this ILogger logger, BackendAddress server, EndPoint address);

    [LoggerMessage(1102, LogLevel.Warning, "server {Server} is down: {Error}; next attempt in {Seconds:0.0} s")]
    public static partial void BackendDown(this ILogger logger, BackendAddress server, string error, double seconds);

    [LoggerMessage(1103, LogLevel.Warning, "dropped for server {Server}: {Requests} {Unit}, {Bytes} bytes, reason {Reason} ({Total} {Unit} for this reason in all)")]
    public static partial void Dropped(this ILogger logger, BackendAddress server, DropReason reason, string unit, long requests, long bytes, long total);

    [LoggerMessage(1104, LogLevel.Warning, "server {Server} lost connections: {Lost} in all, {Unacknowledged} bytes not acknowledged by TCP in all; the last by {Client}: {Error}")]
    public static partial void ConnectionsLost(this ILogger logger, BackendAddress server, EndPoint? client, long lost, long unacknowledged, string error);

    [LoggerMessage(1105, LogLevel.Warning, "server {Server} ejected from the session of {Client}: it held the client and spent its budget ({Ejections} ejections in all)")]
    public static partial void Ejected(this ILogger logger, BackendAddress server, EndPoint? client, long ejections);

    [LoggerMessage(1106, LogLevel.Information, "server {Server} added")]
    public static partial void BackendAdded(this ILogger logger, BackendAddress server);

    [LoggerMessage(1107, LogLevel.Information, "server {Server} removed; it retires within {Seconds} s")]
    public static partial void BackendRemoved(this ILogger logger, BackendAddress server, double seconds);

    [LoggerMessage(1108, LogLevel.Information, "server {Server} repeated: a new connection for {Client} began again with {Bytes} bytes of its burst ({Repeats} repeats in all)")]
    public static partial void Repeated(this ILogger logger, BackendAddress server, EndPoint? client, long bytes, long repeats);

    [LoggerMessage(1201, LogLevel.Debug, "client {Client} connected")]
    public static partial void ClientConnected(this ILogger logger, EndPoint? client);

    [LoggerMessage(1202, LogLevel.Debug, "client {Client} ended: {Reason}; {Received} bytes received, {Relayed} bytes of replies relayed")]
    public static partial void ClientEnded(this ILogger logger, EndPoint? client, string reason, long received, long relayed);

    [LoggerMessage(1203, LogLevel.Warning, "client {Client} closed: it took none of its replies for {Seconds} s ({Count} so far)")]
    public static partial void WriteTimeout(this ILogger logger, EndPoint? client, double seconds, long count);

    [LoggerMessage(1204, LogLevel.Debug, "client {Client} closed: silent for {Seconds} s")]
    public static partial void IdleTimeout(this ILogger logger, EndPoint? client, double seconds);

    [LoggerMessage(1205, LogLevel.Warning, "lingering sessions given up to make room: {Evicted} in all")]
    public static partial void Evicted(this ILogger logger, long evicted);

    [LoggerMessage(1301, LogLevel.Warning, "memory for backlogs is spent ({Bytes} bytes); clients wait, and servers that are away lose their oldest bursts")]
    public static partial void MemorySpent(this ILogger logger, long bytes);

    [LoggerMessage(1401, LogLevel.Information, "draining: {Sessions} sessions, at most {Seconds} s")]
    public static partial void Draining(this ILogger logger, int sessions, double seconds);

    [LoggerMessage(1402, LogLevel.Information, "drained")]
    public static partial void Drained(this ILogger logger);

    [LoggerMessage(1403, LogLevel.Warning, "drain timeout: {Sessions} sessions cut off")]
    public static partial void DrainTimeout(this ILogger logger, int sessions);

    [LoggerMessage(1901, LogLevel.Error, "a session failed by a fault of this program and was closed; please report it")]
    public static partial void SessionFault(this ILogger logger, Exception exception);
}
