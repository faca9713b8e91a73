using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>
/// Answers <c>dynode health</c>: on a socket of Linux's abstract names, which needs no file, no port of the network, and is seen
/// only from the same network namespace, as a container has its own. Who connects gets one line and the end:
/// <code>
///   ok: 12 clients; servers connected: 2 of 3
/// </code>
/// What it says is asked of the broadcaster then, so one that hangs answers nothing.
/// </summary>
internal sealed class HealthSocket : IDisposable
{
    /// <summary>What every good answer begins with.</summary>
    public const string Good = "ok: ";

    private const int Backlog = 16;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<BroadcastSnapshot> _snapshot;
    private readonly ILogger _log;

    /// <summary>Listens.</summary>
    /// <exception cref="SocketException">Another process has the name: one that listens on the same port of another address.</exception>
    public HealthSocket(int port, Func<BroadcastSnapshot> snapshot, ILogger log)
    {
        _snapshot = snapshot;
        _log = log;
        try
        {
            _socket.Bind(NameOf(port));
            _socket.Listen(Backlog);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        _ = AnswerAsync();
    }

    /// <summary>Where the broadcaster on a port answers.</summary>
    public static UnixDomainSocketEndPoint NameOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"\0dynode/health/{port}"));

    public void Dispose() => _socket.Dispose();

    private static string Describe(BroadcastSnapshot snapshot)
    {
        int connected = snapshot.Backends.Count(backend => backend.State == BackendState.Up);
        return string.Create(CultureInfo.InvariantCulture, $"{Good}{snapshot.Clients} clients; servers connected: {connected} of {snapshot.Backends.Length}\n");
    }

    // One after another: whoever asks while the broadcaster hangs waits in the kernel's queue, and takes no thread.
    private async Task AnswerAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _socket.AcceptAsync().ConfigureAwait(false);
                Answer(client);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // There is no descriptor for whoever asks: no answer, which is one too.
                await Task.Delay(TimeSpan.FromSeconds(0.1)).ConfigureAwait(false);
            }
        }
    }

    private void Answer(Socket client)
    {
        try
        {
            client.Send(Encoding.ASCII.GetBytes(Describe(_snapshot())));
        }
        catch (SocketException)
        {
            // It went away.
        }
        catch (Exception e)
        {
            // Whoever asked has no answer, and whoever asks next is heard.
            Bug.Log(_log, e);
        }
    }
}
