using System.Net;
using System.Net.Sockets;

namespace Dynode.TestKit;

/// <summary>
/// A port of 127.0.0.1 that stays ours while nobody listens on it, so that a server can go and come back on it. Held by
/// a socket that is bound and never listens: connecting to the port is refused, the kernel gives it to no other socket
/// (neither for port 0 nor as the source of a connect), and a server that sets SO_REUSEADDR, as .NET, redis-server and
/// memcached do, may still listen on it.
/// </summary>
public sealed class PortLease : IDisposable
{
    private readonly Socket _holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket? _holderSix;

    /// <summary>Takes <paramref name="port"/>, or one of the system's choice.</summary>
    /// <param name="port">0: any.</param>
    /// <param name="bothFamilies">Hold it on ::1 too, where IPv6 is on: for programs that listen on localhost.</param>
    public PortLease(int port = 0, bool bothFamilies = false)
        : this(new IPEndPoint(IPAddress.Loopback, port), bothFamilies)
    {
    }

    /// <summary>Takes a port of another address of this machine.</summary>
    public PortLease(IPEndPoint endPoint)
        : this(endPoint, bothFamilies: false)
    {
    }

    private PortLease(IPEndPoint endPoint, bool bothFamilies)
    {
        _holder.Bind(endPoint);
        Port = ((IPEndPoint)_holder.LocalEndPoint!).Port;
        if (!bothFamilies || !Socket.OSSupportsIPv6) return;
        try
        {
            _holderSix = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            _holderSix.Bind(new IPEndPoint(IPAddress.IPv6Loopback, Port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            _holderSix?.Dispose();
        }
    }

    public int Port { get; }

    public void Dispose()
    {
        _holder.Dispose();
        _holderSix?.Dispose();
    }
}
