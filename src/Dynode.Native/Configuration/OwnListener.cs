using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Configuration;

/// <summary>
/// Whether a server is plainly the listener itself: what it is sent would come back in, and go out again, without end. Only
/// what can be seen without asking the network; a name that resolves to this machine is for the data plane to notice.
/// </summary>
internal static class OwnListener
{
    /// <summary>Of one that listens as <paramref name="settings"/> say.</summary>
    public static bool Is(BackendAddress server, BroadcastSettings settings) =>
        server.Path is { } path ? path == settings.ListenUnix : Is(server, settings.Host, settings.Port) || (settings.TlsPort is { } tlsPort && Is(server, settings.Host, tlsPort));

    /// <param name="server">Where bytes would be sent.</param>
    /// <param name="host">Where the listener is: <c>*</c>, or a name or address as <see cref="BackendAddress.Host"/> spells it.</param>
    /// <param name="port">The listener's.</param>
    public static bool Is(BackendAddress server, string host, int port)
    {
        if (server.Port != port)
            return false;
        host = host.TrimEnd('.');
        if (server.Host.TrimEnd('.') == host)
            return true;
        bool isIp = IPAddress.TryParse(host, out IPAddress? ip);
        bool isEverywhere = host == "*" || (isIp && IsUnspecified(ip!));

        // 127.0.0.2 is this machine, but nobody listens there unless everywhere is listened to.
        if (isEverywhere)
            return IsLocalhost(server) || (server.Ip is { } address && (IPAddress.IsLoopback(Plain(address)) || IsUnspecified(address)));
        if (host == "localhost")
            return IsLocalhost(server) || IsFirstLoopback(server.Ip) || IsUnspecified(server.Ip);
        if (!isIp || !IPAddress.IsLoopback(Plain(ip!)))
            return false;
        return Plain(ip!).Equals(server.Ip is null ? null : Plain(server.Ip))
            || (IsFirstLoopback(ip) && (IsLocalhost(server) || IsUnspecified(server.Ip)));
    }

    private static bool IsLocalhost(BackendAddress server) =>
        server.Ip is null && server.Host.TrimEnd('.') is "localhost" or "localhost.localdomain" or "ip6-localhost";

    // A connect to it goes to loopback on Linux.
    private static bool IsUnspecified(IPAddress? ip) => ip is not null && (Plain(ip).Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private static bool IsFirstLoopback(IPAddress? ip) =>
        ip is not null && (Plain(ip).Equals(IPAddress.Loopback) || ip.Equals(IPAddress.IPv6Loopback));

    private static IPAddress Plain(IPAddress ip) => ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
}
