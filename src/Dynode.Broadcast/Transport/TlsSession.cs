using System.Net.Security;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>A connection whose handshake is done, or under way: what belongs to it beside its socket.</summary>
internal sealed class TlsSession : IDisposable
{
    public TlsSession(Socket socket)
    {
        Socket = socket;
        Cipher = new CipherStream(socket);
        Ssl = new SslStream(Cipher);
    }

    public Socket Socket { get; }

    public CipherStream Cipher { get; }

    public SslStream Ssl { get; }

    /// <summary>Gives up all of it, the socket too.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        Ssl.Dispose();
    }
}
