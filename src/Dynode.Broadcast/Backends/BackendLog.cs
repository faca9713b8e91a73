using System.Net;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Backends;

/// <summary>What is said of one server in either mode: 1101 to 1199, and of the framed ones 1504, 1510, 1511.</summary>
internal static partial class BackendLog
{
    [LoggerMessage(1101, LogLevel.Information, "server {Server} is up at {Address}")]
    public static partial void BackendUp(this ILogger logger, BackendAddress server, EndPoint address);

    [LoggerMessage(1102, LogLevel.Warning, "server {Server} is down: {Error}; next attempt in {Seconds:0.0} s")]
    public static partial void BackendDown(this ILogger logger, BackendAddress server, string error, double seconds);

    [LoggerMessage(1103, LogLevel.Warning, "dropped for server {Server}: {Requests} {Unit}, {Bytes} bytes, reason {Reason} ({Total} {Unit} for this reason in all)")]
    public static partial void Dropped(this ILogger logger, BackendAddress server, DropReason reason, string unit, long requests, long bytes, long total);

    [LoggerMessage(1104, LogLevel.Warning, "server {Server} lost connections: {Lost} in all, {Unacknowledged} bytes not acknowledged by TCP in all; the last by {Client}: {Error}")]
    public static partial void ConnectionsLost(this ILogger logger, BackendAddress server, EndPoint? client, long lost, long unacknowledged, string error);

    [LoggerMessage(1105, LogLevel.Warning, "server {Server} ejected from the session of {Client}: it held clients and spent its budget ({Ejections} ejections in all)")]
    public static partial void Ejected(this ILogger logger, BackendAddress server, EndPoint? client, long ejections);

    [LoggerMessage(1106, LogLevel.Information, "server {Server} added")]
    public static partial void BackendAdded(this ILogger logger, BackendAddress server);

    [LoggerMessage(1107, LogLevel.Information, "server {Server} removed; it retires within {Seconds} s")]
    public static partial void BackendRemoved(this ILogger logger, BackendAddress server, double seconds);

    [LoggerMessage(1108, LogLevel.Information, "server {Server} repeated: a new connection for {Client} began again with {Bytes} bytes of its burst ({Repeats} repeats in all)")]
    public static partial void Repeated(this ILogger logger, BackendAddress server, EndPoint? client, long bytes, long repeats);

    [LoggerMessage(1109, LogLevel.Warning, "server {Server} is down: the lookup of its name has had no answer for {Seconds} s, and goes on")]
    public static partial void NameSilent(this ILogger logger, BackendAddress server, double seconds);

    [LoggerMessage(1110, LogLevel.Information, "server {Server} has moved: its name stands no longer for {Before}; new connections go to {After}")]
    public static partial void NameMoved(this ILogger logger, BackendAddress server, EndPoint before, EndPoint after);

    [LoggerMessage(1111, LogLevel.Warning, "server {Server} stays at {Address}: looked up again, {Error}")]
    public static partial void NameStays(this ILogger logger, BackendAddress server, EndPoint address, string error);

    [LoggerMessage(1504, LogLevel.Warning, "server {Server} ejected: it held clients and spent its budget ({Ejections} ejections in all)")]
    public static partial void FramedEjected(this ILogger logger, BackendAddress server, long ejections);

    [LoggerMessage(1510, LogLevel.Warning, "server {Server} lost its connection: {Error}; {Lost} in all, {Unacknowledged} bytes not acknowledged by TCP in all")]
    public static partial void FramedConnectionLost(this ILogger logger, BackendAddress server, string error, long lost, long unacknowledged);

    [LoggerMessage(1511, LogLevel.Information, "server {Server} is sent requests again that had no answer: {Repeats} requests, {Bytes} bytes in all")]
    public static partial void FramedRepeated(this ILogger logger, BackendAddress server, long repeats, long bytes);
}
