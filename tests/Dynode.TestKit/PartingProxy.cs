using System.Net;
using System.Net.Sockets;

namespace Dynode.TestKit;

/// <summary>
/// Stands on the way to a server, and parts the two in one direction or in both, as a network does: nobody is told, what was sent is late and not lost, who connects meanwhile is not answered, and an end is not heard of
/// before it is healed. Any thread.
/// </summary>
public sealed class PartingProxy : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _sockets = [];
    private readonly int _port;
    private TaskCompletionSource _there = Open();
    private TaskCompletionSource _back = Open();

    /// <summary>Listens.</summary>
    /// <param name="port">Of the server, which need not be there yet.</param>
    public PartingProxy(int port)
    {
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>From now on nothing arrives.</summary>
    /// <param name="there">Of what is sent to the server.</param>
    /// <param name="back">Of what the server sends.</param>
    public void Part(bool there = true, bool back = true)
    {
        lock (_lock)
        {
            if (there && _there.Task.IsCompleted)
                _there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (back && _back.Task.IsCompleted)
                _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>All arrives again, and first what was sent meanwhile.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _there.TrySetResult();
            _back.TrySetResult();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Heal();
        lock (_lock)
            _sockets.ForEach(static socket => socket.Dispose());
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptTcpClientAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        lock (_lock)
            _sockets.AddRange([client, server]);
        try
        {
            await PassAsync(isThere: true).ConfigureAwait(false);
            await server.ConnectAsync(IPAddress.Loopback, _port).ConfigureAwait(false);
            NetworkStream near = client.GetStream(), far = server.GetStream();
            await Task.WhenAll(CarryAsync(near, far, isThere: true), CarryAsync(far, near, isThere: false)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // An end has gone: so does the other.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to, bool isThere)
    {
        byte[] buffer = new byte[64 << 10];
        int count;
        do
        {
            count = await ReadAsync(from, buffer).ConfigureAwait(false);
            await PassAsync(isThere).ConfigureAwait(false);
            if (count > 0)
                await to.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
        }
        while (count > 0);
        to.Socket.Shutdown(count == 0 ? SocketShutdown.Send : SocketShutdown.Both);
    }

    /// <returns>0: its end; -1: it was reset.</returns>
    private static async Task<int> ReadAsync(NetworkStream from, byte[] buffer)
    {
        try
        {
            return await from.ReadAsync(buffer).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return -1;
        }
    }

    private Task PassAsync(bool isThere)
    {
        lock (_lock)
            return (isThere ? _there : _back).Task;
    }
}
