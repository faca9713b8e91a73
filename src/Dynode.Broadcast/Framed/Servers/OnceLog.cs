using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What is said of servers that do each request exactly once: 1530 to 1539.</summary>
internal static partial class OnceLog
{
    [LoggerMessage(1530, LogLevel.Information, "server {Server}: its watermark was read ({Kind}), and is this broadcaster's now, epoch {Epoch}, behind request {Requests} of the stream's since the start")]
    public static partial void MarkFound(this ILogger logger, BackendAddress server, string kind, long epoch, long requests);

    [LoggerMessage(1531, LogLevel.Warning, "server {Server}: what lies under the watermark's key is none: it was written over, and what it said is taken from what is known otherwise")]
    public static partial void MarkOverwritten(this ILogger logger, BackendAddress server);

    [LoggerMessage(1532, LogLevel.Warning, "server {Server} takes no watermark now: until it does requests are sent as they are, and may be done twice should it be lost")]
    public static partial void MarkRefused(this ILogger logger, BackendAddress server);

    [LoggerMessage(1533, LogLevel.Information, "server {Server} says by its watermark that it has missed nothing: it has had another's data since, and its gap is closed")]
    public static partial void MarkWithoutGap(this ILogger logger, BackendAddress server);

    [LoggerMessage(1534, LogLevel.Information, "server {Server} counts as equal at number {Number} of the stream, by the operator's word, and that is written: its gap ({Reason}) is closed")]
    public static partial void GapClosedAt(this ILogger logger, BackendAddress server, ulong? number, DropReason? reason);

    [LoggerMessage(1535, LogLevel.Warning, "server {Server} was to have its gap closed, and has missed something since, or is this broadcaster's no more: that is not written")]
    public static partial void GapNotClosed(this ILogger logger, BackendAddress server);

    [LoggerMessage(1536, LogLevel.Warning, "server {Server} has data and no watermark: it goes on where it is known to be otherwise, and may do again what came since")]
    public static partial void MarkGone(this ILogger logger, BackendAddress server);

    [LoggerMessage(1537, LogLevel.Warning, "server {Server} throws away any key when its memory is full (maxmemory-policy allkeys-*): servers will differ, and its watermark may go; noeviction and volatile-* leave that alone")]
    public static partial void MayEvict(this ILogger logger, BackendAddress server);
}
