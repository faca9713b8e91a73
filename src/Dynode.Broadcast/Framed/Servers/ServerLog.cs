using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What is said of how one server stands to the shared log: 1501 to 1519.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1501, LogLevel.Information, "server {Server} catches up: {Requests} requests, {Bytes} bytes behind")]
    public static partial void CatchingUp(this ILogger logger, BackendAddress server, long requests, long bytes);

    [LoggerMessage(1502, LogLevel.Information, "server {Server} has caught up after {Seconds:0.000} s, and is current")]
    public static partial void CaughtUp(this ILogger logger, BackendAddress server, double seconds);

    [LoggerMessage(1503, LogLevel.Warning, "server {Server} withdrawn: no progress for {Seconds:0.0} s, {Requests} requests behind; others have gone on")]
    public static partial void Withdrawn(this ILogger logger, BackendAddress server, double seconds, long requests);

    [LoggerMessage(1505, LogLevel.Information, "server {Server} is no longer ejected")]
    public static partial void Returned(this ILogger logger, BackendAddress server);

    [LoggerMessage(1506, LogLevel.Warning, "server {Server} has a gap from request {Number} on, reason {Reason}: it votes only where no server without a gap is current, until SIGUSR1 says that the servers were made equal, or a restart")]
    public static partial void GapBegan(this ILogger logger, BackendAddress server, DropReason reason, long number);

    [LoggerMessage(1509, LogLevel.Error, "server {Server} ends whenever it gets request {Number}, {Command} {Key}: the request is dropped for it")]
    public static partial void Poison(this ILogger logger, BackendAddress server, long number, string command, string key);

    [LoggerMessage(1512, LogLevel.Warning, "server {Server} does not tell {Unknown}: it is taken for ready, and what it refuses will show")]
    public static partial void Untold(this ILogger logger, BackendAddress server, string unknown);

    [LoggerMessage(1513, LogLevel.Warning, "server {Server} refuses database {Database}: {Refusal}; that is its reply to the requests in it ({Count} so far), and all others go on")]
    public static partial void DatabaseRefused(this ILogger logger, BackendAddress server, int database, string refusal, long count);

    [LoggerMessage(1514, LogLevel.Warning, "server {Server} refused request {Number}, and did a later one before it could be left alone: {Refusal}")]
    public static partial void RefusedInPassing(this ILogger logger, BackendAddress server, long number, string refusal);
}
