using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>What the admin side tells the operator; ids 2500 to 2599.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(2500, LogLevel.Error, "no look at the data plane: a fault of dynode itself")]
    public static partial void LookFailed(ILogger logger, Exception exception);

    [LoggerMessage(2501, LogLevel.Information, "admin: {Door}")]
    public static partial void Opened(ILogger logger, string door);

    [LoggerMessage(2502, LogLevel.Warning, "the command line will not reach this broadcaster: {Reason}")]
    public static partial void NoControl(ILogger logger, string reason);

    [LoggerMessage(2507, LogLevel.Error, "the admin side cannot be served: {Reason}")]
    public static partial void CannotServe(ILogger logger, string reason);

    [LoggerMessage(2503, LogLevel.Warning, "admin: {Count} requests with a wrong token so far, the last from {From}")]
    public static partial void WrongToken(ILogger logger, long count, string from);

    [LoggerMessage(2504, LogLevel.Warning, "admin: refused {From} on the control socket: its uid is {Uid}")]
    public static partial void StrangerRefused(ILogger logger, string from, long uid);

    [LoggerMessage(2505, LogLevel.Error, "admin: a request came to nothing: a fault of dynode itself")]
    public static partial void RequestFailed(ILogger logger, Exception exception);

    [LoggerMessage(2508, LogLevel.Warning, "admin: {From} did not get to ask by TLS: {Why} ({Count} so far)")]
    public static partial void HandshakeFailed(ILogger logger, string from, string why, long count);

    [LoggerMessage(2506, LogLevel.Information, "order by {Who}: {What}")]
    public static partial void Ordered(ILogger logger, string who, string what);
}
