using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>What is said of servers that read the stream by themselves: 1540 to 1549.</summary>
internal static partial class CatchUpLog
{
    [LoggerMessage(1540, LogLevel.Information, "server {Server} catches up from the stream, behind {Number} of {Last}")]
    public static partial void FromStream(this ILogger logger, BackendAddress server, ulong number, ulong last);

    [LoggerMessage(1541, LogLevel.Information, "server {Server} has caught up from the stream at {Number}, after {Seconds:0.000} s and {Requests} requests")]
    public static partial void Joined(this ILogger logger, BackendAddress server, ulong number, double seconds, long requests);

    [LoggerMessage(1542, LogLevel.Error, "server {Server} has a gap: the stream keeps nothing between {Number} and {First}; it goes on behind that")]
    public static partial void Overtaken(this ILogger logger, BackendAddress server, ulong number, ulong first);

    [LoggerMessage(1543, LogLevel.Error, "server {Server} has a gap: it stands at {Number}, and {Why}; it goes on where the log is")]
    public static partial void NotThere(this ILogger logger, BackendAddress server, ulong number, string why);
}
