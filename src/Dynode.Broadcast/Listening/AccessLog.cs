using System.Net;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// The access log of clients, one line when one ends: 1601, 1602. Whoever asked for it gets it, whatever level is logged else; so no level is
/// looked at here, and none by what writes it.
/// </summary>
internal static partial class AccessLog
{
    [LoggerMessage(1601, LogLevel.Information, "client {Client} ended: {Reason} ({Detail}), {Seconds} s, {Requests} requests, {Received} bytes in, {Relayed} bytes out", SkipEnabledCheck = true)]
    public static partial void FramedClientLeft(
        this ILogger logger, EndPoint? client, string reason, string detail, double seconds, long requests, long received, long relayed);

    [LoggerMessage(1602, LogLevel.Information, "client {Client} ended: {Reason} ({Detail}), {Seconds} s, {Received} bytes in, {Relayed} bytes out", SkipEnabledCheck = true)]
    public static partial void RawClientLeft(this ILogger logger, EndPoint? client, string reason, string detail, double seconds, long received, long relayed);
}
