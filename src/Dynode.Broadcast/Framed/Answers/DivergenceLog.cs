using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>What is said of answers: 1508.</summary>
internal static partial class DivergenceLog
{
    [LoggerMessage(1508, LogLevel.Warning, "server {Server} diverges: its reply to request {Number} differs from the others' ({Count} in all): {Command} {Key}")]
    public static partial void Diverged(this ILogger logger, BackendAddress server, long number, string command, string key, long count);
}
