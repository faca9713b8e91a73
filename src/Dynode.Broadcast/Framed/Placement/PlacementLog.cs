using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>What is said of the stream that gives places: 1700 to 1799.</summary>
internal static partial class PlacementLog
{
    [LoggerMessage(1700, LogLevel.Information, "the log is here{Again}: stream {Stream}, which has come to {Last}; {Where}, asked in {RoundTrip} ms")]
    public static partial void LogHere(this ILogger logger, string again, string stream, ulong last, string where, double roundTrip);

    [LoggerMessage(1701, LogLevel.Warning, "the log is away: {Reason}")]
    public static partial void LogAway(this ILogger logger, string reason);

    [LoggerMessage(1702, LogLevel.Error, "the log cannot be used: {Reason}")]
    public static partial void LogFault(this ILogger logger, string reason);

    [LoggerMessage(1703, LogLevel.Error, "the log stands still at {Mine}: {Why}")]
    public static partial void LogStandsStill(this ILogger logger, ulong mine, string why);

    [LoggerMessage(1704, LogLevel.Information, "reads the log from {Number} on")]
    public static partial void LogRead(this ILogger logger, ulong number);

    [LoggerMessage(1705, LogLevel.Information, "server {Server} is delivered to by {Who}; this broadcaster stands by for it")]
    public static partial void ServerTaken(this ILogger logger, BackendAddress server, string who);

    [LoggerMessage(1706, LogLevel.Warning, "server {Server} has been taken by another broadcaster: {Who}")]
    public static partial void ServerLost(this ILogger logger, BackendAddress server, string who);

    [LoggerMessage(1707, LogLevel.Information, "server {Server} begins behind {Number} of the log, {Gap}")]
    public static partial void ServerBegins(this ILogger logger, BackendAddress server, ulong number, string gap);

    [LoggerMessage(1713, LogLevel.Information, "server {Server} goes to {Who}, which comes before this broadcaster for it")]
    public static partial void ServerYielded(this ILogger logger, BackendAddress server, string who);

    [LoggerMessage(1708, LogLevel.Warning, "the log refuses what is published: {Reason}")]
    public static partial void LogRefuses(this ILogger logger, string reason);

    [LoggerMessage(1717, LogLevel.Information, "the log takes what is published again")]
    public static partial void LogTakes(this ILogger logger);

    [LoggerMessage(1709, LogLevel.Warning, "{NotKept} requests were not kept, the log was away; {Untold} of their clients were not told, for they had asked for no answer or had left; of {Unknown} it is not known")]
    public static partial void NotKept(this ILogger logger, long notKept, long untold, long unknown);

    [LoggerMessage(1711, LogLevel.Warning, "requests of at most {Bytes} bytes are taken, and not of max_request_bytes={Configured}: entries of the log are of at most {Entry} bytes, by max_payload of NATS")]
    public static partial void RequestsShorter(this ILogger logger, int bytes, long configured, int entry);

    [LoggerMessage(1712, LogLevel.Information, "the log's stream is led by {Leader} now, and was by {Before}")]
    public static partial void LeaderChanged(this ILogger logger, string leader, string before);

    [LoggerMessage(1718, LogLevel.Warning, "the log's stream is not as it would be made here: {Differences}")]
    public static partial void StreamDiffers(this ILogger logger, string differences);

    [LoggerMessage(1719, LogLevel.Information, "the log's stream is as it would be made here")]
    public static partial void StreamAsMade(this ILogger logger);

    [LoggerMessage(1714, LogLevel.Warning, "who else delivers to servers of this stream is not known, or they do not know of this broadcaster: {Reason}")]
    public static partial void OthersUnknown(this ILogger logger, string reason);

    [LoggerMessage(1715, LogLevel.Information, "who else delivers to servers of this stream is known, and they know of this broadcaster")]
    public static partial void OthersKnown(this ILogger logger);

    [LoggerMessage(1716, LogLevel.Warning, "server {Server} cannot be reached from here: whoever can may have it")]
    public static partial void ServerUnreached(this ILogger logger, BackendAddress server);

    [LoggerMessage(1721, LogLevel.Warning, "servers of {Mine} and of {Other} have replied otherwise to the same requests, somewhere in {First} to {Last} of the log: their data are not the same ({Count} such ranges so far)")]
    public static partial void RegionsDiffer(this ILogger logger, string mine, string other, ulong first, ulong last, long count);

    [LoggerMessage(1720, LogLevel.Warning, "exactly_once=false: after the death of a broadcaster, or a lost connection, servers are sent again what they may have done, up to a second of it")]
    public static partial void AtLeastOnce(this ILogger logger);

    [LoggerMessage(1722, LogLevel.Error, "the log goes on behind {Number}: what came between {Mine} and that the stream keeps no more, and it was not read here")]
    public static partial void LogOvertaken(this ILogger logger, ulong number, ulong mine);

    [LoggerMessage(1710, LogLevel.Warning, "the log ended this broadcaster's lane; it goes on in another")]
    public static partial void LaneEnded(this ILogger logger);
}
