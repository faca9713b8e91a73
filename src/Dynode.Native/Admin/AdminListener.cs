using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Dynode.Native.Admin;

/// <summary>Accepts at one door. Where that fails, nearly always for want of a descriptor, who comes waits in the kernel, and a moment later it is tried again.</summary>
internal sealed class AdminListener(Socket socket, SocketConnectionContextFactory connections, TimeProvider time) : IConnectionListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <returns>Null: the door is closed.</returns>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);

                // It comes on the thread that serves clients: what follows is the pool's.
                await Task.Yield();
                if (accepted.AddressFamily != AddressFamily.Unix)
                    accepted.NoDelay = true;
                return connections.Create(accepted);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException)
            {
                accepted?.Dispose();
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
