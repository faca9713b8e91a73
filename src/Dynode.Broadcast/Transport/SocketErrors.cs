using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What an operator reads for a socket's error: of a server's connection.</summary>
internal static class SocketErrors
{
    /// <summary>How a connect to <paramref name="endPoint"/> that has completed came out.</summary>
    public static SocketError OfConnect(Socket socket, SocketOperation connect, EndPoint endPoint)
    {
        // The system may give us the very port that we connect to: TCP's simultaneous open, with ourselves.
        bool isOurselves = connect.SocketError == SocketError.Success && endPoint is IPEndPoint { Port: var port } && SocketTuning.LocalPort(socket) == port
            && socket.LocalEndPoint is { } local && local.Equals(endPoint);
        return isOurselves ? SocketError.ConnectionRefused : connect.SocketError;
    }

    /// <summary>Why the last receive of a server's connection failed.</summary>
    public static string OfReceive(ByteTransport transport) => transport.SecurityFault ?? Describe(transport.ReceiveError);

    /// <summary>Why the last send of a server's connection failed.</summary>
    public static string OfSend(ByteTransport transport) => transport.SecurityFault ?? Describe(transport.SendError);

    /// <summary>Why a connect came to nothing.</summary>
    public static string Describe(SocketError error, EndPoint endPoint) => endPoint is not UnixDomainSocketEndPoint ? Describe(error) : error switch
    {
        SocketError.ConnectionRefused => "nobody listens there",
        SocketError.AddressNotAvailable => "there is no such file",
        SocketError.AccessDenied => "this user may not connect to it",
        SocketError.WouldBlock => "too many wait there to be accepted",
        _ => Describe(error),
    };

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
