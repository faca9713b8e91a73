using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Raw;

/// <summary>What is said of raw sessions alone.</summary>
internal static partial class RawLog
{
    [LoggerMessage(1205, LogLevel.Warning, "lingering sessions given up to make room: {Evicted} in all")]
    public static partial void Evicted(this ILogger logger, long evicted);

    [LoggerMessage(1301, LogLevel.Warning, "memory for backlogs is spent ({Bytes} bytes); clients wait, and servers that are away lose their oldest bursts")]
    public static partial void MemorySpent(this ILogger logger, long bytes);
}
