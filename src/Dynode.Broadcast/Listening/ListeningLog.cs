using System.Net;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Listening;

/// <summary>What is said of listeners, of who comes in, and of clients in either mode: 1001 to 1099, 1201 to 1299.</summary>
internal static partial class ListeningLog
{
    [LoggerMessage(1001, LogLevel.Information, "listening on {Address}")]
    public static partial void Listening(this ILogger logger, object address);

    [LoggerMessage(1002, LogLevel.Warning, "not listening on {Address}: IPv6 is off on this machine")]
    public static partial void ListenSkipped(this ILogger logger, EndPoint address);

    [LoggerMessage(1004, LogLevel.Warning, "no descriptors left for new clients ({Error}); accepting goes on when some are free")]
    public static partial void AcceptStalled(this ILogger logger, string error);

    [LoggerMessage(1005, LogLevel.Warning, "clients refused: {Refused} in all; {ClientsMax} are served at once")]
    public static partial void ClientsRefused(this ILogger logger, long refused, int clientsMax);

    [LoggerMessage(1006, LogLevel.Warning, "clients at once lowered from {Configured} to {ClientsMax}: {Descriptors} descriptors are allowed and each client takes {PerClient}")]
    public static partial void ClientsLowered(this ILogger logger, int configured, int clientsMax, long descriptors, int perClient);

    [LoggerMessage(1007, LogLevel.Warning, "clients not let in by clients_deny or clients_allow: {Denied} in all, the last from {Client}")]
    public static partial void ClientsDenied(this ILogger logger, long denied, EndPoint? client);

    [LoggerMessage(1008, LogLevel.Warning, "clients not let in beyond max_clients_per_address={Max}: {Crowded} in all, the last from {Client}")]
    public static partial void ClientsCrowded(this ILogger logger, long crowded, int max, EndPoint? client);

    [LoggerMessage(1009, LogLevel.Warning, "accepting waits, {Waits} times so far: more clients come than accept_rate={Rate} a second; who comes waits in the kernel")]
    public static partial void AcceptWaits(this ILogger logger, int rate, long waits);

    [LoggerMessage(1010, LogLevel.Warning, "client {Client} came by TLS and is not let in: {Why} ({Count} so far)")]
    public static partial void HandshakeFailed(this ILogger logger, EndPoint? client, string why, long count);

    [LoggerMessage(1011, LogLevel.Warning, "connections from proxy_from that began with no PROXY header, and were closed: {Count} in all, the last from {Proxy}: {Why}")]
    public static partial void HeaderMissing(this ILogger logger, long count, EndPoint? proxy, string why);

    [LoggerMessage(1201, LogLevel.Debug, "client {Client} connected")]
    public static partial void ClientConnected(this ILogger logger, EndPoint? client);

    [LoggerMessage(1202, LogLevel.Debug, "client {Client} ended: {Reason}; {Received} bytes received, {Relayed} bytes of replies relayed")]
    public static partial void ClientEnded(this ILogger logger, EndPoint? client, string reason, long received, long relayed);

    [LoggerMessage(1203, LogLevel.Warning, "client {Client} closed: it took none of its replies for {Seconds} s ({Count} so far)")]
    public static partial void WriteTimeout(this ILogger logger, EndPoint? client, double seconds, long count);

    [LoggerMessage(1204, LogLevel.Debug, "client {Client} closed: silent for {Seconds} s")]
    public static partial void IdleTimeout(this ILogger logger, EndPoint? client, double seconds);
}
