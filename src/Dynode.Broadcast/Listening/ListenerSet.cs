using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>Where clients come in: the configured addresses, or the sockets that were taken over. Its owner serialises all calls.</summary>
/// <param name="plane">Of the settings.</param>
/// <param name="admission">Who may come, and how fast.</param>
/// <param name="clientele">Whose clients they are.</param>
/// <param name="tlsDoor">Of who speaks TLS; null: nobody does.</param>
internal sealed class ListenerSet(DataPlane plane, Admission admission, IClientele clientele, TlsDoor? tlsDoor) : IDisposable
{
    private readonly List<Listener> _all = [];
    private readonly ProxyDoor _plain = new(plane, clientele, admission, clientele);
    private readonly ProxyDoor? _encrypted = tlsDoor is null ? null : new(plane, clientele, admission, tlsDoor);
    private SocketFile? _file;

    /// <summary>Times that accepting paused.</summary>
    public long Stalls => _all.Sum(static listener => listener.Stalls);

    /// <summary>With those who speak TLS; null: nobody does.</summary>
    public HandshakeFigures? Handshakes => tlsDoor?.Figures;

    /// <summary>Takes the configured addresses without accepting on them yet.</summary>
    /// <param name="inherited">Sockets that are bound already, instead of those addresses.</param>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    public void Bind(IReadOnlyCollection<Socket> inherited)
    {
        if (inherited.Count > 0)
            _all.AddRange(inherited.Select(socket => new Listener(plane, admission, DoorOf(socket), socket)));
        else
            BindConfigured();
        BindUnix(inherited);
        plane.OwnEndPoints = [.. _all.Select(static listener => listener.EndPoint).OfType<IPEndPoint>()];
    }

    /// <summary>Lets clients in.</summary>
    /// <exception cref="ListenException">An address was taken meanwhile.</exception>
    public void Open()
    {
        foreach (var listener in _all)
        {
            object place = listener.EndPoint is IPEndPoint ? listener.EndPoint : UnixPath.Scheme + plane.Settings.ListenUnix;
            try
            {
                listener.Open();
            }
            catch (SocketException e)
            {
                throw new ListenException($"cannot listen on {place}: {e.Message}", e);
            }

            plane.Logger.Listening(place);
        }

        _file?.Publish();
    }

    /// <summary>Somebody else goes on with the sockets: what belongs to them is his.</summary>
    public void Leave() => _file?.Leave();

    /// <summary>Behind the end: nobody can come to a unix socket any more, unless somebody else goes on with it.</summary>
    public void RemoveFile() => _file?.Remove();

    private void BindUnix(IReadOnlyCollection<Socket> inherited)
    {
        string path = plane.Settings.ListenUnix;
        if (path.Length == 0)
            return;
        if (inherited.Any(static socket => socket.AddressFamily == AddressFamily.Unix))
        {
            _file = SocketFile.Of(path);
            return;
        }

        try
        {
            _file = SocketFile.Bind(path, plane.Settings.ListenUnixMode, out var socket);
            _all.Add(new Listener(plane, admission, clientele, socket));
        }
        catch (ListenException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Other descriptors of the same sockets, which belong to the caller.</summary>
    /// <param name="inThisProcess">As of <see cref="Listener.Duplicate"/>.</param>
    /// <exception cref="SocketException">There are none to be had.</exception>
    public ImmutableArray<Socket> Duplicate(bool inThisProcess) => [.. _all.Select(listener => listener.Duplicate(inThisProcess))];

    /// <summary>Nobody comes in any more.</summary>
    public void Dispose()
    {
        foreach (var listener in _all)
            listener.Dispose();
        _plain.Dispose();
        _encrypted?.Dispose();
        tlsDoor?.Dispose();
    }

    // Whoever had the sockets before listened on the same ports, and what is spoken goes by these. By a unix socket there is neither a proxy's header nor TLS.
    private IClientDoor DoorOf(Socket inherited) => inherited.AddressFamily == AddressFamily.Unix ? clientele :
        _encrypted is not null && inherited.LocalEndPoint is IPEndPoint local && local.Port == plane.Settings.TlsPort ? _encrypted : _plain;

    private void BindConfigured()
    {
        var settings = plane.Settings;
        if (_encrypted is null || !settings.IsTlsAlone)
            BindConfigured(_plain, settings.Port);
        if (_encrypted is not null && settings.TlsPort is { } tlsPort)
            BindConfigured(_encrypted, tlsPort);
    }

    private void BindConfigured(ProxyDoor to, int configuredPort)
    {
        int chosen = 0;
        foreach (var endPoint in ListenAddresses.Of(plane.Settings, configuredPort))
        {
            int port = endPoint.Port != 0 ? endPoint.Port : chosen;
            try
            {
                var listener = new Listener(plane, admission, to, new IPEndPoint(endPoint.Address, port));
                _all.Add(listener);
                chosen = ((IPEndPoint)listener.EndPoint).Port;
            }
            catch (SocketException e) when (endPoint.IsOptional && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                plane.Logger.ListenSkipped(new IPEndPoint(endPoint.Address, port));
            }
            catch (SocketException e)
            {
                Dispose();
                throw new ListenException($"cannot listen on {new IPEndPoint(endPoint.Address, port)}: {e.Message}", e);
            }
        }
    }
}
