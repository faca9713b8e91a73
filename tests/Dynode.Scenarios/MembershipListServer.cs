using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dynode.TestKit;

namespace Dynode.Scenarios;

/// <summary>
/// The other side of the list URL: takes one request per connection as raw text and answers by the script, which may
/// do to the stream what it likes. Ends by ending whatever still runs.
/// </summary>
internal sealed class MembershipListServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Action<Stream, string> _script;
    private readonly X509Certificate2? _certificate;
    private readonly bool _readsRequest;
    private readonly TestAuthority? _wants;

    /// <param name="script">Answers.</param>
    /// <param name="certificate">What is shown; null: it is plain.</param>
    /// <param name="readsRequest">First.</param>
    /// <param name="wants">Who must have signed what is shown to it; null: it asks for nothing.</param>
    public MembershipListServer(Action<Stream, string> script, X509Certificate2? certificate = null, bool readsRequest = true, TestAuthority? wants = null)
    {
        _wants = wants;
        _script = script;
        _certificate = certificate;
        _readsRequest = readsRequest;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Every request as it came, head and body.</summary>
    public BlockingCollection<string> Requests { get; } = [];

    public int Port { get; }

    public string Url => $"{(_certificate is null ? "http" : "https")}://localhost:{Port}/list";

    /// <summary>A server that always answers so.</summary>
    public static MembershipListServer Answering(string body, string status = "200 OK", string headers = "") =>
        new((stream, _) => Send(stream, $"HTTP/1.1 {status}\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    public static void Send(Stream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>For scripts that never answer: until the other side goes, or the test ends.</summary>
    public static void Hang(Stream stream)
    {
        Span<byte> rest = stackalloc byte[1024];
        while (stream.Read(rest) > 0)
            continue;
    }

    public void Dispose()
    {
        _listener.Stop();
        foreach (Socket socket in _sockets)
            socket.Dispose();
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.AcceptSocket();
                _sockets.Add(socket);
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The end of the test.
        }
    }

    private void Serve(Socket socket)
    {
        try
        {
            using Stream plain = new NetworkStream(socket, ownsSocket: true);
            using var stream = _certificate is null ? plain : new SslStream(plain);
            if (stream is SslStream tls)
            {
                tls.AuthenticateAsServer(new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    ClientCertificateRequired = _wants is not null,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => _wants is null || shown?.Issuer == _wants.Root.Subject,
                });
            }

            string request = _readsRequest ? ReadRequest(stream) : "";
            Requests.Add(request);
            _script(stream, request);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client went, as some of the tests want it to.
        }
    }

    private static string ReadRequest(Stream stream)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        int length = -1;
        while (length != 0 && stream.Read(one) > 0)
        {
            text.Append((char)one[0]);
            if (length > 0)
                length--;
            else if (length < 0 && one[0] == '\n' && text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                length = BodyLength(text.ToString());
        }

        return text.ToString();
    }

    private static int BodyLength(string head)
    {
        string? line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line["Content-Length: ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>No proxy, but for the hosts that a test has named.</summary>
internal sealed class MembershipProxy : IWebProxy
{
    public static readonly ConcurrentDictionary<string, Uri> Proxies = new();

    public ICredentials? Credentials { get; set; }

    public Uri? GetProxy(Uri destination) => Proxies.GetValueOrDefault(destination.Host);

    public bool IsBypassed(Uri host) => !Proxies.ContainsKey(host.Host);
}
