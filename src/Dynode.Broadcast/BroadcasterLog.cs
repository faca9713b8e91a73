using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast;

/// <summary>What the broadcaster as a whole says.</summary>
internal static partial class BroadcasterLog
{
    [LoggerMessage(1003, LogLevel.Information, "accepting clients; servers: {Servers}")]
    public static partial void Accepting(this ILogger logger, BackendSet servers);

    [LoggerMessage(1401, LogLevel.Information, "draining: {Sessions} sessions, at most {Seconds} s")]
    public static partial void Draining(this ILogger logger, int sessions, double seconds);

    [LoggerMessage(1402, LogLevel.Information, "drained")]
    public static partial void Drained(this ILogger logger);

    [LoggerMessage(1403, LogLevel.Warning, "drain timeout: {Sessions} sessions cut off")]
    public static partial void DrainTimeout(this ILogger logger, int sessions);
}
