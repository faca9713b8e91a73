using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>Who has come in, on its way to becoming a client.</summary>
/// <param name="Socket">Accepted, non-blocking.</param>
/// <param name="From">From where; null: it is not known.</param>
/// <param name="Session">Its TLS, with the handshake done; null: it speaks plain.</param>
internal readonly record struct Arrival(Socket Socket, EndPoint? From, TlsSession? Session = null)
{
    /// <summary>What the client does to its socket from now on.</summary>
    /// <param name="owner">Whose turns that is in.</param>
    public ByteTransport TransportOf(ITurnOwner owner) => Session is null ? new SocketTransport(Socket, owner) : new TlsTransport(Session, owner);

    /// <summary>With where it had connected to, where that can be known and is not.</summary>
    public Arrival Reached() =>
        From is IPEndPoint from and not ReachedEndPoint && Socket.LocalEndPoint is IPEndPoint here ? this with { From = new ReachedEndPoint(from, here) } : this;

    /// <summary>It does not become a client.</summary>
    public void Close()
    {
        if (Session is null)
            Socket.Dispose();
        else
            Session.Dispose();
    }
}
