using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Plane;

/// <summary>What must never be said. Every event that the data plane says has a number that stays its own, 1000 to 1999, and stands in the room that says it; faults
/// that can repeat are limited by whoever reports them, and what happens to one session alone is Debug.</summary>
internal static partial class FaultLog
{
    [LoggerMessage(1901, LogLevel.Error, "a session failed by a fault of this program and was closed; please report it")]
    public static partial void SessionFault(this ILogger logger, Exception exception);
}
