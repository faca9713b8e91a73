using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.TestKit;

/// <summary>
/// Stands before a plain server on 127.0.0.1 and speaks TLS for it: what comes goes there, what that says comes back, and each end goes over as
/// what it was. A test steers what it shows and asks for. Any thread.
/// </summary>
public sealed class TlsFront : IDisposable
{
    /// <summary>The first byte of a record that holds a handshake.</summary>
    private const int HandshakeRecord = 22;

    private readonly PortLease _lease = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly List<(Socket Here, Socket There)> _open = [];
    private readonly List<string> _names = [];
    private readonly int _to;
    private volatile SslServerAuthenticationOptions _options;
    private int _handshakes;
    private int _failed;
    private int _shown;

    private TlsFront(int to, SslServerAuthenticationOptions options)
    {
        (_to, _options) = (to, options);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, _lease.Port));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public int Port => _lease.Port;

    /// <summary>As in <c>servers=</c>, where it is said how it is spoken to.</summary>
    public string Address => $"tls://127.0.0.1:{Port}";

    /// <summary>As it is called everywhere else.</summary>
    public string Name => $"127.0.0.1:{Port}";

    /// <summary>That came to a session.</summary>
    public int Handshakes => Volatile.Read(ref _handshakes);

    /// <summary>Who does not begin with a handshake is served as well, plain.</summary>
    public bool AlsoPlain { get; set; }

    /// <summary>Connections now.</summary>
    public int Open
    {
        get
        {
            lock (_lock) return _open.Count;
        }
    }

    /// <summary>That came to nothing.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Sessions in which a certificate was shown to it.</summary>
    public int Shown => Volatile.Read(ref _shown);

    /// <summary>What was asked for by SNI, in the order of the handshakes; empty texts for none.</summary>
    public string[] Names
    {
        get
        {
            lock (_lock) return [.. _names];
        }
    }

    /// <summary>Listens at once.</summary>
    /// <param name="to">The port of the plain server.</param>
    /// <param name="pair">What it shows.</param>
    /// <param name="clients">Whose certificates it wants to see; null: nobody's.</param>
    /// <param name="versions">That it speaks.</param>
    public static TlsFront Start(int to, IssuedPair pair, TestAuthority? clients = null, SslProtocols versions = SslProtocols.None) => new(to, OptionsOf(pair, clients, versions));

    /// <summary>Shows another certificate from the next handshake on.</summary>
    public void Show(IssuedPair pair, TestAuthority? clients = null) => _options = OptionsOf(pair, clients, SslProtocols.None);

    /// <summary>RST on all connections, both ways.</summary>
    public void ResetAll() => ForEach(static socket =>
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    });

    /// <summary>FIN towards whoever spoke TLS, without TLS's own end.</summary>
    public void CutAll() => ForEach(static socket => socket.Shutdown(SocketShutdown.Send), hereAlone: true);

    public void Dispose()
    {
        _closing.Cancel();
        _listener.Dispose();
        ResetAll();
        _lease.Dispose();
        _closing.Dispose();
    }

    private static SslServerAuthenticationOptions OptionsOf(IssuedPair pair, TestAuthority? clients, SslProtocols versions)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(pair.WithKey(), null, offline: true),
            EnabledSslProtocols = versions,
            ClientCertificateRequired = clients is not null,
        };
        if (clients is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.Add(clients.Root);
        }

        return options;
    }

    private void ForEach(Action<Socket> action, bool hereAlone = false)
    {
        lock (_lock)
        {
            foreach (var (here, there) in _open)
            {
                Try(here);
                if (!hereAlone) Try(there);
            }
        }

        void Try(Socket socket)
        {
            try
            {
                action(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It has ended before.
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptAsync(_closing.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody comes any more.
        }
    }

    private async Task ServeAsync(Socket here)
    {
        var there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        here.NoDelay = true;
        lock (_lock) _open.Add((here, there));
        var network = new NetworkStream(here, ownsSocket: false);
        var ssl = new SslStream(network);
        try
        {
            bool isPlain = AlsoPlain && await IsPlainAsync(here).ConfigureAwait(false);
            if (isPlain || await TryShakeHandsAsync(ssl).ConfigureAwait(false))
            {
                await there.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _to), _closing.Token).ConfigureAwait(false);
                Stream stream = isPlain ? network : ssl;
                await Task.WhenAll(InwardsAsync(stream, there), OutwardsAsync(there, stream, here)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Break(here);
            Break(there);
        }
        finally
        {
            lock (_lock) _open.Remove((here, there));
            await ssl.DisposeAsync().ConfigureAwait(false);
            here.Dispose();
            there.Dispose();
        }
    }

    private async Task<bool> IsPlainAsync(Socket here)
    {
        byte[] first = new byte[1];
        return await here.ReceiveAsync(first, SocketFlags.Peek, _closing.Token).ConfigureAwait(false) == 1 && first[0] != HandshakeRecord;
    }

    private async Task<bool> TryShakeHandsAsync(SslStream ssl)
    {
        try
        {
            var options = _options;
            await ssl.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    lock (_lock) _names.Add(hello.ServerName);
                    return ValueTask.FromResult(options);
                },
                null,
                _closing.Token).ConfigureAwait(false);
            if (ssl.RemoteCertificate is not null) Interlocked.Increment(ref _shown);
            Interlocked.Increment(ref _handshakes);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            Interlocked.Increment(ref _failed);
            return false;
        }
    }

    private async Task InwardsAsync(Stream from, Socket to)
    {
        byte[] buffer = new byte[32 << 10];
        try
        {
            while (await from.ReadAsync(buffer, _closing.Token).ConfigureAwait(false) is > 0 and int count)
                await to.SendAsync(buffer.AsMemory(0, count), _closing.Token).ConfigureAwait(false);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Break(to);
        }
    }

    private async Task OutwardsAsync(Socket from, Stream to, Socket socket)
    {
        byte[] buffer = new byte[32 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer, _closing.Token).ConfigureAwait(false) is > 0 and int count)
                await to.WriteAsync(buffer.AsMemory(0, count), _closing.Token).ConfigureAwait(false);
            if (to is SslStream ssl) await ssl.ShutdownAsync().ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Break(socket);
        }
    }

    private static void Break(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended before.
        }

        socket.Dispose();
    }
}
