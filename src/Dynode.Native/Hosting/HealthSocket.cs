using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.Native.Configuration;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>
/// Answers <c>dynode health</c>: on a socket of Linux's abstract names, which needs no file, no port of the network, and is seen
/// only from the same network namespace, as a container has its own. Who connects gets a <see cref="HealthAnswer"/> and the end.
/// What it says is asked of the broadcaster then, so one that hangs answers nothing.
/// </summary>
internal sealed class HealthSocket : IDisposable
{
    private const string NameBegin = "dynode/health/";

    private const int Backlog = 16;

    /// <summary>Of a machine with a hundred thousand such sockets.</summary>
    private const int TableBytesMax = 16 << 20;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<string> _answer;
    private readonly ILogger _log;

    /// <summary>Listens.</summary>
    /// <param name="port">The broadcaster's.</param>
    /// <param name="answer">Makes a <see cref="HealthAnswer"/>.</param>
    /// <param name="log">Takes what goes wrong.</param>
    /// <exception cref="SocketException">Another process has the name: one that listens on the same port of another address.</exception>
    public HealthSocket(int port, Func<string> answer, ILogger log)
    {
        _answer = answer;
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
    public static UnixDomainSocketEndPoint NameOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"\0{NameBegin}{port}"));

    /// <summary>The ports of all that run in this network namespace; none where the kernel does not say.</summary>
    public static IReadOnlyList<int> Ports()
    {
        // Num RefCount Protocol Flags Type St Inode Path, where a zero is written as @ (proc_pid_net(5)).
        byte[]? table = BoundedFile.Read("/proc/self/net/unix", TableBytesMax, out _);
        return [.. Encoding.ASCII.GetString(table ?? []).Split('\n')
            .Select(static line => line[(line.LastIndexOf(' ') + 1)..])
            .Where(static name => name.StartsWith("@" + NameBegin, StringComparison.Ordinal))
            .Select(static name => NumberText.TryReadCount(name.AsSpan(NameBegin.Length + 1), out long port) ? (int)port : 0)
            .Where(static port => port is > 0 and <= 65535)
            .Distinct()];
    }

    public void Dispose() => _socket.Dispose();

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
            client.Send(Encoding.UTF8.GetBytes(_answer()));
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
