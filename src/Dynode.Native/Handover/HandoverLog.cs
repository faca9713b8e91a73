using Microsoft.Extensions.Logging;

namespace Dynode.Native.Handover;

/// <summary>What is said of one broadcaster going over to another; ids 2700 to 2719.</summary>
internal static partial class HandoverLog
{
    [LoggerMessage(2700, LogLevel.Information, "taking over from process {Pid}")]
    public static partial void TakingOver(ILogger logger, int pid);

    [LoggerMessage(2701, LogLevel.Information, "process {Pid} takes over: no client is let in or read any more")]
    public static partial void HandingOver(ILogger logger, int pid);

    [LoggerMessage(2710, LogLevel.Information, "the successor lets clients in: this one answers what it has read, and gives its servers up")]
    public static partial void Opened(ILogger logger);

    [LoggerMessage(2711, LogLevel.Information, "taken over: the servers are this one's as soon as the other one has given them up")]
    public static partial void TakenOverOrdered(ILogger logger);

    [LoggerMessage(2702, LogLevel.Information, "handed over after {Seconds} s: next request {Next}, gaps: {Gaps}, connections that have not ended: {Connections}")]
    public static partial void HandedOver(ILogger logger, double seconds, long next, string gaps, int connections);

    [LoggerMessage(2703, LogLevel.Warning, "the successor has not taken over ({Reason}): this one goes on")]
    public static partial void GoingOn(ILogger logger, string reason);

    [LoggerMessage(2704, LogLevel.Information, "taken over: next request {Next}, gaps: {Gaps}, connections that have not ended: {Connections}")]
    public static partial void TakenOver(ILogger logger, long next, string gaps, int connections);

    [LoggerMessage(
        2705,
        LogLevel.Warning,
        "the one that ran died while it handed over: unknown what was not delivered; every server has a gap but those that it named: {Whole}")]
    public static partial void DiedBefore(ILogger logger, string whole);

    [LoggerMessage(2706, LogLevel.Warning, "user {Uid} wanted to take over, and may not")]
    public static partial void StrangerRefused(ILogger logger, long uid);

    [LoggerMessage(2707, LogLevel.Warning, "no successor can take over: {Reason}")]
    public static partial void NoSocket(ILogger logger, string reason);

    [LoggerMessage(2708, LogLevel.Warning, "a successor was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string reason);

    [LoggerMessage(2709, LogLevel.Information, "listening on what the service manager has opened: {Listeners}")]
    public static partial void FromManager(ILogger logger, string listeners);
}
