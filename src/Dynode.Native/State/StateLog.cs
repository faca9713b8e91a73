using Microsoft.Extensions.Logging;

namespace Dynode.Native.State;

/// <summary>What is said of what outlives a run; ids 2600 to 2699.</summary>
internal static partial class StateLog
{
    [LoggerMessage(2600, LogLevel.Information, "state is kept in {Directory}")]
    public static partial void Opened(ILogger logger, string directory);

    [LoggerMessage(2601, LogLevel.Warning, "{File} {Fault}; it is not used, and what it held of orders, servers and gaps is not known")]
    public static partial void NotUsed(ILogger logger, string file, string fault);

    [LoggerMessage(2602, LogLevel.Warning, "{File} cannot be written: {Reason}; what it would hold is in force, is lost at a restart, and is written as soon as that works")]
    public static partial void NotWritten(ILogger logger, string file, string reason);

    [LoggerMessage(2603, LogLevel.Information, "{File} is written again")]
    public static partial void Written(ILogger logger, string file);

    [LoggerMessage(2604, LogLevel.Warning, "the run before did not say how it ended: unknown who was behind; known gaps: {Gaps}")]
    public static partial void UnknownWhoWasBehind(ILogger logger, string gaps);

    [LoggerMessage(2605, LogLevel.Warning, "behind since an earlier run: {Gaps}; they do not vote before they are made equal")]
    public static partial void Behind(ILogger logger, string gaps);

    [LoggerMessage(2606, LogLevel.Information, "orders of an earlier run: disabled {Disabled}; ejected {Ejected}; {Others}")]
    public static partial void Orders(ILogger logger, string disabled, string ejected, string others);

    [LoggerMessage(2607, LogLevel.Warning, "behind at the end: {Gaps}; {Known}")]
    public static partial void BehindAtEnd(ILogger logger, string gaps, string known);

    [LoggerMessage(2608, LogLevel.Error, "state is not looked after: a fault of dynode itself")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(2609, LogLevel.Warning, "the system gives no thread to write {File} by; it is written by whoever has something for it")]
    public static partial void NoThread(ILogger logger, string file);

    [LoggerMessage(2610, LogLevel.Warning, "of an earlier run and not used: {Reason}")]
    public static partial void PathNotUsed(ILogger logger, string reason);
}
