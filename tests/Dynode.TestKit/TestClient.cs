using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.TestKit;

/// <summary>How a client's reading ended: what came until then, and whether a reset ended it.</summary>
public sealed record ReadToEnd(byte[] Bytes, bool WasReset)
{
    /// <summary>One character a byte.</summary>
    public string Text => Encoding.Latin1.GetString(Bytes);
}

/// <summary>A client that a test steers. One reader and one sender at a time; every wait has a deadline.</summary>
public sealed class TestClient : IDisposable
{
    private readonly Socket _socket;
    private readonly ArrayBufferWriter<byte> _ahead = new();
    private long _received;
    private long _sent;

    private TestClient(Socket socket) => _socket = socket;

    /// <summary>Read from the kernel.</summary>
    public long ReceivedBytes => Volatile.Read(ref _received);

    /// <summary>Taken by the kernel.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connects to 127.0.0.1.</summary>
    /// <param name="port">Where.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF; small for clients that never read. 0: the kernel's.</param>
    /// <param name="deadline">Default: <see cref="Deadline.Default"/>.</param>
    public static Task<TestClient> ConnectAsync(int port, int receiveBufferBytes = 0, TimeSpan? deadline = null) =>
        ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), receiveBufferBytes, deadline);

    /// <inheritdoc cref="ConnectAsync(int, int, TimeSpan?)"/>
    public static async Task<TestClient> ConnectAsync(IPEndPoint to, int receiveBufferBytes = 0, TimeSpan? deadline = null, IPAddress? from = null)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
            if (from is not null) socket.Bind(new IPEndPoint(from, 0));
            using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
            await socket.ConnectAsync(to, limit.Token).ConfigureAwait(false);
            return new TestClient(socket);
        }
        catch (OperationCanceledException e)
        {
            socket.Dispose();
            throw new ExpectationException($"no connection to {to} within the deadline", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a unix socket.</summary>
    public static TestClient ConnectUnix(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new TestClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects from an address of this machine: each in 127.0.0.0/8 is one.</summary>
    public static Task<TestClient> ConnectFromAsync(IPAddress from, IPEndPoint to) => ConnectAsync(to, from: from);

    /// <summary>Connects to 127.0.0.1 now, or gives null where nobody listens.</summary>
    public static TestClient? TryConnect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return new TestClient(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Connects to 127.0.0.1 as soon as somebody listens there.</summary>
    public static async Task<TestClient> ConnectWhenUpAsync(int port, TimeSpan? deadline = null)
    {
        TestClient? client = null;
        await Eventually.True(() => (client = TryConnect(port)) is not null, () => $"nobody listens on 127.0.0.1:{port}", deadline).ConfigureAwait(false);
        return client!;
    }

    public Task SendAsync(string text, TimeSpan? deadline = null) => SendAsync(Encoding.Latin1.GetBytes(text), deadline);

    /// <summary>Done when the kernel has taken everything.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
        int whole = bytes.Length;
        try
        {
            while (bytes.Length > 0)
            {
                int sent = await _socket.SendAsync(bytes, limit.Token).ConfigureAwait(false);
                Interlocked.Add(ref _sent, sent);
                bytes = bytes[sent..];
            }
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"the other side took {whole - bytes.Length} of {whole} bytes within the deadline", e);
        }
    }

    /// <summary>A system call and, with TCP_NODELAY, a segment for every <paramref name="pieceBytes"/> bytes.</summary>
    public async Task SendInPiecesAsync(ReadOnlyMemory<byte> bytes, int pieceBytes = 1)
    {
        for (int at = 0; at < bytes.Length; at += pieceBytes)
            await SendAsync(bytes.Slice(at, Math.Min(pieceBytes, bytes.Length - at))).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends until the other side takes nothing more for <paramref name="silence"/>; gives the number of bytes that went.
    /// For tests of what is bounded: they assert on the number, never on the time.
    /// </summary>
    public async Task<long> SendUntilHeldAsync(long bytesMax, TimeSpan silence)
    {
        byte[] piece = new byte[64 * 1024];
        long before = SentBytes;
        while (SentBytes - before < bytesMax)
        {
            using var limit = new CancellationTokenSource(silence);
            try
            {
                Interlocked.Add(ref _sent, await _socket.SendAsync(piece, limit.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return SentBytes - before;
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> ReadAsync(int count, TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
        while (_ahead.WrittenCount < count)
        {
            if (!await FillAsync($"{count} bytes", limit.Token).ConfigureAwait(false))
                throw new CutShortException($"wanted {count} bytes, the end came after {Shown()}");
        }

        return Take(count);
    }

    /// <summary><see cref="ReadAsync"/>, one character a byte.</summary>
    public async Task<string> ReadTextAsync(int count, TimeSpan? deadline = null) =>
        Encoding.Latin1.GetString(await ReadAsync(count, deadline).ConfigureAwait(false));

    /// <summary>One line without its <c>\n</c> and <c>\r</c>; null at the end.</summary>
    public async Task<string?> ReadLineAsync(TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
        int at;
        while ((at = _ahead.WrittenSpan.IndexOf((byte)'\n')) < 0)
        {
            if (await FillAsync("a line", limit.Token).ConfigureAwait(false)) continue;
            return _ahead.WrittenCount == 0 ? null : throw new CutShortException($"wanted a line, the end came after {Shown()}");
        }

        return Encoding.Latin1.GetString(Take(at + 1)).TrimEnd('\n').TrimEnd('\r');
    }

    /// <summary>Everything until FIN or RST.</summary>
    public async Task<ReadToEnd> ReadToEndAsync(TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
        bool reset = false;
        try
        {
            while (await FillAsync("the end", limit.Token).ConfigureAwait(false))
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            reset = true;
        }

        return new ReadToEnd(Take(_ahead.WrittenCount), reset);
    }

    /// <summary>Reads and forgets until FIN or RST; for floods. Gives how many bytes came.</summary>
    public async Task<long> DrainToEndAsync(TimeSpan? deadline = null)
    {
        using var limit = new CancellationTokenSource(deadline ?? Deadline.Default);
        long before = ReceivedBytes;
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await _socket.ReceiveAsync(buffer, limit.Token).ConfigureAwait(false)) > 0)
                Interlocked.Add(ref _received, count);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"no end within the deadline, after {ReceivedBytes - before} bytes", e);
        }

        return ReceivedBytes - before;
    }

    /// <summary>FIN; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>As a program that ends: FIN, or RST by the kernel where bytes were left unread.</summary>
    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(string wanted, CancellationToken limit)
    {
        try
        {
            int count = await _socket.ReceiveAsync(_ahead.GetMemory(64 * 1024), limit).ConfigureAwait(false);
            _ahead.Advance(count);
            Interlocked.Add(ref _received, count);
            return count > 0;
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"wanted {wanted}, within the deadline came {Shown()}", e);
        }
    }

    private byte[] Take(int count)
    {
        byte[] taken = _ahead.WrittenSpan[..count].ToArray();
        byte[] rest = _ahead.WrittenSpan[count..].ToArray();
        _ahead.ResetWrittenCount();
        _ahead.Write(rest);
        return taken;
    }

    private string Shown()
    {
        const int ShownBytesMax = 500;
        ReadOnlySpan<byte> bytes = _ahead.WrittenSpan;
        return $"{bytes.Length} bytes: {Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, ShownBytesMax)])}";
    }
}
