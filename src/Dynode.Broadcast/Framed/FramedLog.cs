using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed;

/// <summary>What is said of the framed protocols as a whole; their rooms say more: 1500 to 1599.</summary>
internal static partial class FramedLog
{
    [LoggerMessage(1507, LogLevel.Information, "the operator has made the servers equal: {Closed} gaps closed")]
    public static partial void GapsClosed(this ILogger logger, int closed);
}
