using System.Net;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed;

/// <summary>What the framed protocols add to <see cref="BroadcastLog"/>: 1500 to 1599.</summary>
internal static partial class FramedLog
{
    [LoggerMessage(1501, LogLevel.Information, "server {Server} catches up: {Requests} requests, {Bytes} bytes behind")]
    public static partial void CatchingUp(this ILogger logger, BackendAddress server, long requests, long bytes);

    [LoggerMessage(1502, LogLevel.Information, "server {Server} has caught up after {Seconds:0.000} s, and is current")]
    public static partial void CaughtUp(this ILogger logger, BackendAddress server, double seconds);

    [LoggerMessage(1503, LogLevel.Warning, "server {Server} withdrawn: no progress for {Seconds:0.0} s, {Requests} requests behind; others answer")]
    public static partial void Withdrawn(this ILogger logger, BackendAddress server, double seconds, long requests);

    [LoggerMessage(1504, LogLevel.Warning, "server {Server} ejected: it held clients and spent its budget ({Ejections} ejections in all)")]
    public static partial void FramedEjected(this ILogger logger, BackendAddress server, long ejections);

    [LoggerMessage(1505, LogLevel.Information, "server {Server} is no longer ejected")]
    public static partial void Returned(this ILogger logger, BackendAddress server);

    [LoggerMessage(1506, LogLevel.Warning, "server {Server} has a gap from request {Number} on, reason {Reason}: it votes only where no server without a gap is current, until SIGUSR1 says that the servers were made equal, or a restart")]
    public static partial void GapBegan(this ILogger logger, BackendAddress server, DropReason reason, long number);

    [LoggerMessage(1507, LogLevel.Information, "the operator has made the servers equal: {Closed} gaps closed")]
    public static partial void GapsClosed(this ILogger logger, int closed);

    [LoggerMessage(1508, LogLevel.Warning, "server {Server} diverges: its reply to request {Number} differs from the others' ({Count} in all): {Command} {Key}")]
    public static partial void Diverged(this ILogger logger, BackendAddress server, long number, string command, string key, long count);

    [LoggerMessage(1509, LogLevel.Error, "server {Server} ends whenever it gets request {Number}, {Command} {Key}: the request is dropped for it")]
    public static partial void Poison(this ILogger logger, BackendAddress server, long number, string command, string key);

    [LoggerMessage(1510, LogLevel.Warning, "server {Server} lost its connection: {Error}; {Lost} in all, {Unacknowledged} bytes not acknowledged by TCP in all")]
    public static partial void FramedConnectionLost(this ILogger logger, BackendAddress server, string error, long lost, long unacknowledged);

    [LoggerMessage(1511, LogLevel.Information, "server {Server} is sent requests again that had no answer: {Repeats} requests, {Bytes} bytes in all")]
    public static partial void FramedRepeated(this ILogger logger, BackendAddress server, long repeats, long bytes);

    [LoggerMessage(1521, LogLevel.Debug, "client {Client} ended: {Reason}")]
    public static partial void FramedClientEnded(this ILogger logger, EndPoint? client, string reason);

    [LoggerMessage(1522, LogLevel.Warning, "client {Client} closed: malformed request ({Count} so far)")]
    public static partial void MalformedRequest(this ILogger logger, EndPoint? client, long count);

    [LoggerMessage(1524, LogLevel.Warning, "memory for half-received requests is spent: client {Client} closed, which was silent in the midst of one ({Count} so far)")]
    public static partial void HalfRequestClosed(this ILogger logger, EndPoint? client, long count);

    [LoggerMessage(1523, LogLevel.Warning, "memory for replies is spent: client {Client} closed, which had {Bytes} bytes unread")]
    public static partial void GreediestClosed(this ILogger logger, EndPoint? client, long bytes);
}
