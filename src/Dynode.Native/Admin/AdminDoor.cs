using System.Net;
using System.Net.Sockets;
using Dynode.Native.Configuration;

namespace Dynode.Native.Admin;

/// <summary>The sockets of one place of the admin side, bound and not yet listening: nobody can connect before who may has been set.</summary>
internal sealed class AdminDoor : IDisposable
{
    /// <summary>What the kernel takes of an answer ahead of its reader; it allows itself twice that.</summary>
    private const int SendBufferBytes = 64 << 10;

    private readonly string? _file;

    private AdminDoor(IReadOnlyList<Socket> sockets, bool isControl, string? file) => (Sockets, IsControl, _file) = (sockets, isControl, file);

    /// <summary>One, or one for each address.</summary>
    public IReadOnlyList<Socket> Sockets { get; }

    /// <summary>Whoever is let in there may do everything.</summary>
    public bool IsControl { get; }

    /// <summary>Binds.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    /// <exception cref="IOException">A file cannot be replaced, or its mode not set.</exception>
    public static AdminDoor Open(AdminPlace place, bool isControl)
    {
        if (place.Path is not { } path)
            return new AdminDoor(OpenTcp(place), isControl, null);
        bool isFile = path[0] != '\0';
        if (isFile)
            RemoveDead(path);
        var socket = Bound(new UnixDomainSocketEndPoint(path), AddressFamily.Unix);
        if (isFile && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, ModeOf(isControl));
        return new AdminDoor([socket], isControl, isFile ? path : null);
    }

    /// <summary>Kestrel owns the sockets by now; the file is nobody's else.</summary>
    public void Dispose()
    {
        foreach (var socket in Sockets)
            socket.Dispose();
        if (_file is not null)
            File.Delete(_file);
    }

    private static UnixFileMode ModeOf(bool isControl)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return isControl ? Owner : Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    }

    private static List<Socket> OpenTcp(AdminPlace place)
    {
        (IPAddress Address, bool IsOptional)[] addresses = place.Host switch
        {
            "*" => [(IPAddress.Any, false), (IPAddress.IPv6Any, true)],
            "localhost" => [(IPAddress.Loopback, false), (IPAddress.IPv6Loopback, true)],
            _ => [(IPAddress.Parse(place.Host!), false)],
        };
        var sockets = new List<Socket>();
        try
        {
            foreach (var (address, isOptional) in addresses)
            {
                try
                {
                    sockets.Add(Bound(new IPEndPoint(address, place.Port), address.AddressFamily));
                }
                catch (SocketException e) when (isOptional && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
                {
                    // No IPv6 here: the other address is enough.
                }
            }
        }
        catch (SocketException)
        {
            sockets.ForEach(static socket => socket.Dispose());
            throw;
        }

        return sockets;
    }

    private static Socket Bound(EndPoint endPoint, AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.SendBufferSize = SendBufferBytes;
            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The socket of one that was killed is in the way; one that answers is another broadcaster's.</summary>
    private static void RemoveDead(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }
}
