using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;

namespace Dynode.Benchmarks.Broadcast;

/// <summary>Servers that are connected, and current: one socket at so many addresses of the loopback, which says to each request that it is well.</summary>
internal sealed class ReadyServers : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ReadyServers(int count)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen(count);
        int port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        Set = BackendSet.Of(Enumerable.Range(0, count).Select(i =>
            BackendAddress.TryParse($"127.1.{i / 250}.{1 + (i % 250)}:{port}", out var address, out string? fault) ? address : throw new InvalidOperationException(fault)));
        _ = AcceptAsync();
    }

    public BackendSet Set { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            byte[] asked = new byte[4096];
            byte[] answer = "+PONG\r\n"u8.ToArray();
            while (await socket.ReceiveAsync(asked).ConfigureAwait(false) > 0)
            {
                await socket.SendAsync(answer).ConfigureAwait(false);
                answer = "+OK\r\n"u8.ToArray();
            }
        }
    }
}
