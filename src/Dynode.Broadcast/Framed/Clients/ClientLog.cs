using System.Net;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>What is said of the clients of framed protocols: 1522 to 1539.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1522, LogLevel.Warning, "client {Client} closed: malformed request: {Reason} ({Count} so far)")]
    public static partial void MalformedRequest(this ILogger logger, EndPoint? client, string reason, long count);

    [LoggerMessage(1524, LogLevel.Warning, "memory for half-received requests is spent: client {Client} closed, which brought less than 4 KiB of one in a second ({Count} so far)")]
    public static partial void HalfRequestClosed(this ILogger logger, EndPoint? client, long count);

    [LoggerMessage(1523, LogLevel.Warning, "memory for replies is spent: client {Client} closed, which had {Bytes} bytes unread")]
    public static partial void GreediestClosed(this ILogger logger, EndPoint? client, long bytes);

    [LoggerMessage(1525, LogLevel.Warning, "client {Client} is gone, and what it left behind goes nowhere: {Part} ({Count} so far, {Bytes} bytes in all)")]
    public static partial void PartLeft(this ILogger logger, EndPoint? client, string part, long count, long bytes);
}
