using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>The addresses that a configured host means, and no others.</summary>
/// <param name="Address">To bind.</param>
/// <param name="Port">To bind; 0: the system chooses, the same for all.</param>
/// <param name="IsOptional">Left out, with a line, where IPv6 is off.</param>
internal readonly record struct ListenAddresses(IPAddress Address, int Port, bool IsOptional)
{
    /// <summary>Those of the configured host.</summary>
    /// <param name="settings">Of the host.</param>
    /// <param name="port">As of <see cref="Port"/>.</param>
    /// <exception cref="ListenException">The host is no address of this machine.</exception>
    public static IReadOnlyList<ListenAddresses> Of(BroadcastSettings settings, int port)
    {
        if (settings.Host == "*")
            return [new(IPAddress.Any, port, false), new(IPAddress.IPv6Any, port, true)];

        // Not what the hosts file makes of it: 127.0.1.1 and foreign names for ::1 have been seen there.
        if (settings.Host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return [new(IPAddress.Loopback, port, false), new(IPAddress.IPv6Loopback, port, true)];
        if (IPAddress.TryParse(settings.Host, out var address))
            return [new(address, port, false)];
        try
        {
            var addresses = Dns.GetHostAddresses(settings.Host);
            return addresses.Length > 0
                ? [.. addresses.Distinct().Select(found => new ListenAddresses(found, port, false))]
                : throw new ListenException($"cannot listen on {settings.Host}: the name has no address");
        }
        catch (SocketException e)
        {
            throw new ListenException($"cannot listen on {settings.Host}: {e.Message}", e);
        }
    }
}
