using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// What connections to one backend are made of: plain or by TLS, as its address says now. A reload may change that; whoever has a connection
/// looks whether it is still made so (<see cref="ByTls"/>). Any thread.
/// </summary>
internal sealed class BackendCalls(BackendAddress address, DataPlane plane, ServerTls tls)
{
    private volatile BackendAddress _address = address;

    /// <summary>The backend's, with how it is spoken to.</summary>
    public BackendAddress Address => _address;

    /// <summary>New connections are by TLS.</summary>
    public bool ByTls => _address.ByTls == true;

    /// <summary>From now on it is spoken to as that says.</summary>
    /// <param name="address">Equal to the backend's.</param>
    /// <returns>False: so it was.</returns>
    public bool TryChange(BackendAddress address)
    {
        if (_address.IsSpokenToAlike(address))
            return false;
        _address = address;
        return true;
    }

    /// <summary>A socket for a new connection, and what is done to it.</summary>
    /// <param name="endPoint">It will lead there.</param>
    /// <param name="owner">Whose turns it is used in.</param>
    /// <param name="client">Whose connection it is; null: it is for many.</param>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public ByteTransport Make(EndPoint endPoint, ITurnOwner owner, EndPoint? client = null)
    {
        var now = _address;
        var introduction = Introduction.Of(plane.Settings.BackendProxy, client);
        var socket = SocketTuning.BackendSocket(endPoint.AddressFamily, plane.Settings.UnansweredMax);
        return now.ByTls == true
            ? new TlsTransport(new TlsSession(socket), owner, tls.NewHandshake(now.CertifiedHost.Length > 0 ? now.CertifiedHost : now.Host), introduction)
            : !introduction.IsEmpty ? new IntroducedTransport(socket, owner, introduction)
            : new SocketTransport(socket, owner);
    }
}
