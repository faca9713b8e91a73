using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What an operator reads for a socket's error: of a server's connection.</summary>
internal static class SocketErrors
{
    public static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "reset by the server",
        SocketError.Shutdown => "closed by the server",
        SocketError.TimedOut => "timed out",
        SocketError.HostUnreachable => "host unreachable",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.TooManyOpenSockets => "no descriptors left",
        _ => new SocketException((int)error).Message,
    };
}
