using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dynode.Native.Admin;

/// <summary>
/// Kestrel's way to the sockets that are bound already, and its connections. Its own listener takes every fault of accept for a connection that was
/// reset, and tries again at once: where descriptors are spent that is a core for nothing.
/// </summary>
/// <param name="doors">Bound.</param>
/// <param name="time">For pauses.</param>
internal sealed class AdminListeners(IReadOnlyCollection<AdminDoor> doors, TimeProvider time) : IConnectionListenerFactory, IDisposable
{
    private const int Backlog = 64;

    // A page for each of the few connections is less than a second wake-up, for the data themselves, of the thread that serves clients.
    private readonly SocketConnectionContextFactory _connections = new(
        new SocketConnectionFactoryOptions { IOQueueCount = 1, WaitForDataBeforeAllocatingBuffer = false }, NullLogger.Instance);

    /// <summary>The end point is what a socket is found by.</summary>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket = doors.SelectMany(static door => door.Sockets).First(socket => endpoint.Equals(socket.LocalEndPoint));
        socket.Listen(Backlog);
        return ValueTask.FromResult<IConnectionListener>(new AdminListener(socket, _connections, time));
    }

    public void Dispose() => _connections.Dispose();
}
