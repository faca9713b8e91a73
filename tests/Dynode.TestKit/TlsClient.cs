using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dynode.TestKit;

/// <summary>How a client comes by TLS.</summary>
public sealed record TlsClientOptions
{
    public string Name { get; init; } = "localhost";

    public SslProtocols Versions { get; init; } = SslProtocols.None;

    /// <summary>What it shows of itself; null: nothing.</summary>
    public IssuedPair? Certificate { get; init; }

    /// <summary>Who is between it and an authority, which it shows as well; null: nobody.</summary>
    public TestAuthority? Between { get; init; }

    /// <summary>What it encrypts goes into the network by so many bytes; 0: as it comes.</summary>
    public int PieceBytes { get; init; }

    /// <summary>SO_RCVBUF; 0: the kernel's.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>What is sent plain before the handshake.</summary>
    public ReadOnlyMemory<byte> Before { get; init; }
}

/// <summary>A client by TLS that a test steers; every wait has a deadline.</summary>
public sealed class TlsClient : IDisposable
{
    private readonly Socket _socket;
    private readonly SslStream _ssl;

    private TlsClient(Socket socket, SslStream ssl) => (_socket, _ssl) = (socket, ssl);

    public SslProtocols Version => _ssl.SslProtocol;

    /// <summary>The name that the certificate is for which it was shown.</summary>
    public string ShownTo { get; private init; } = "";

    /// <summary>Connects to 127.0.0.1, and shakes hands.</summary>
    /// <param name="port">Where.</param>
    /// <param name="authority">Who must have signed what it is shown; for which name is not looked at.</param>
    /// <param name="options">How.</param>
    public static async Task<TlsClient> ConnectAsync(int port, TestAuthority authority, TlsClientOptions options)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (options.ReceiveBufferBytes > 0)
            socket.ReceiveBufferSize = options.ReceiveBufferBytes;
        SslStream? ssl = null;
        try
        {
            using var limit = new CancellationTokenSource(Deadline.Default);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token).ConfigureAwait(false);
            if (!options.Before.IsEmpty)
                await socket.SendAsync(options.Before, limit.Token).ConfigureAwait(false);
            var network = new NetworkStream(socket, ownsSocket: false);
            ssl = new SslStream(options.PieceBytes > 0 ? new PieceStream(network, options.PieceBytes) : network);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(authority.Root);
            string shown = "";
            await ssl.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.Name,
                    EnabledSslProtocols = options.Versions,
                    CertificateChainPolicy = policy,
                    ClientCertificates = options is { Certificate: { } alone, Between: null } ? [alone.WithKey()] : null,
                    ClientCertificateContext = options is { Certificate: { } own, Between: { } between } ? SslStreamCertificateContext.Create(own.WithKey(), [between.Root], offline: true) : null,
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    {
                        shown = certificate?.Subject ?? "";
                        return (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
                    },
                },
                limit.Token).ConfigureAwait(false);
            return new TlsClient(socket, ssl) { ShownTo = shown };
        }
        catch
        {
            if (ssl is not null)
                await ssl.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>One record for each 16 KiB.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        await _ssl.WriteAsync(bytes, limit.Token).ConfigureAwait(false);
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        byte[] bytes = new byte[count];
        await _ssl.ReadExactlyAsync(bytes, limit.Token).ConfigureAwait(false);
        return bytes;
    }

    public async Task<string> ReadTextAsync(int count) => Encoding.Latin1.GetString(await ReadAsync(count).ConfigureAwait(false));

    /// <summary>Everything until the other side's end.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        using var all = new MemoryStream();
        await _ssl.CopyToAsync(all, limit.Token).ConfigureAwait(false);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Its end as TLS has it, and then that of TCP; reading goes on.</summary>
    public async Task EndAsync()
    {
        await _ssl.ShutdownAsync().ConfigureAwait(false);
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The end of TCP alone; reading goes on.</summary>
    public void Cut() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose()
    {
        _ssl.Dispose();
        _socket.Dispose();
    }

    /// <summary>Writes by pieces, each a segment of its own.</summary>
    private sealed class PieceStream(Stream inner, int pieceBytes) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int at = 0; at < buffer.Length; at += pieceBytes)
                await inner.WriteAsync(buffer.Slice(at, Math.Min(pieceBytes, buffer.Length - at)), cancellationToken).ConfigureAwait(false);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count)
        {
            for (int at = 0; at < count; at += pieceBytes)
                inner.Write(buffer, offset + at, Math.Min(pieceBytes, count - at));
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
