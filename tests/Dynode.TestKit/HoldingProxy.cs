using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.TestKit;

/// <summary>
/// Stands before a server, and holds back what comes on connections that it has now, as a network or a stopped sender's kernel may, until it lets that go, whatever has become of the sender meanwhile.
/// Connections that come later pass. Any thread.
/// </summary>
public sealed class HoldingProxy : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Passage> _passages = [];
    private readonly int _port;

    /// <summary>Listens.</summary>
    /// <param name="port">Of the server.</param>
    public HoldingProxy(int port)
    {
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What is held back, of all connections.</summary>
    public string Held
    {
        get
        {
            lock (_lock) return string.Concat(_passages.Select(static passage => Encoding.Latin1.GetString(passage.Held.ToArray())));
        }
    }

    /// <summary>What the server has said on those connections since they were let go.</summary>
    public string Answered
    {
        get
        {
            lock (_lock) return string.Concat(_passages.Select(static passage => Encoding.Latin1.GetString(passage.Answered.ToArray())));
        }
    }

    /// <summary>The server has ended all connections of which something is held back.</summary>
    public bool AreHeldEnded
    {
        get
        {
            lock (_lock) return _passages.TrueForAll(static passage => passage.Held.Length == 0 || passage.IsEnded);
        }
    }

    /// <summary>From now on nothing of what comes on these goes on.</summary>
    public void Hold()
    {
        lock (_lock) _passages.ForEach(static passage => passage.IsHeld = true);
    }

    /// <summary>What was held back goes on, as far as the server takes it, and what follows it.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            foreach (Passage passage in _passages.Where(static passage => passage.IsHeld))
            {
                (passage.IsHeld, passage.WasHeld) = (false, true);
                passage.Pass(passage.Held.ToArray());
                passage.Held.SetLength(0);
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock) _passages.ForEach(static passage => passage.Dispose());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var passage = new Passage(await _listener.AcceptTcpClientAsync().ConfigureAwait(false), new TcpClient { NoDelay = true });
                lock (_lock) _passages.Add(passage);
                _ = CarryAsync(passage);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Passage passage)
    {
        try
        {
            await passage.Server.ConnectAsync(IPAddress.Loopback, _port).ConfigureAwait(false);
            await Task.WhenAll(ThereAsync(passage), BackAsync(passage)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            passage.Client.Dispose();
        }
    }

    private async Task ThereAsync(Passage passage)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await passage.Client.GetStream().ReadAsync(buffer).ConfigureAwait(false) is > 0 and int count)
            {
                lock (_lock)
                {
                    if (passage.IsHeld) passage.Held.Write(buffer, 0, count);
                    else passage.Pass(buffer.AsSpan(0, count));
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The sender has gone, as a dead one does.
        }

        // What is on its way stays so.
        lock (_lock)
        {
            if (!passage.IsHeld) passage.Server.Dispose();
        }
    }

    private async Task BackAsync(Passage passage)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await passage.Server.GetStream().ReadAsync(buffer).ConfigureAwait(false) is > 0 and int count)
            {
                lock (_lock)
                {
                    if (passage.WasHeld) passage.Answered.Write(buffer, 0, count);
                }

                await passage.Client.GetStream().WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }

            passage.IsEnded = true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            passage.IsEnded = !passage.Client.Connected || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset };
        }

        passage.Client.Dispose();
    }

    private sealed class Passage(TcpClient client, TcpClient server) : IDisposable
    {
        private volatile bool _isEnded;

        public TcpClient Client => client;

        public TcpClient Server => server;

        public MemoryStream Held { get; } = new();

        public bool IsHeld { get; set; }

        public bool WasHeld { get; set; }

        public MemoryStream Answered { get; } = new();

        /// <summary>By the server.</summary>
        public bool IsEnded { get => _isEnded; set => _isEnded = value; }

        public void Pass(ReadOnlySpan<byte> bytes)
        {
            try
            {
                server.GetStream().Write(bytes);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
            {
                // It takes no more.
            }
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
            Held.Dispose();
            Answered.Dispose();
        }
    }
}
