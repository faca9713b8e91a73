using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>
/// An https server that answers every request with one text. Its certificate, for localhost, is signed by an authority of
/// its own, which whoever shall trust it gets as <see cref="AuthorityFile"/>.
/// </summary>
internal sealed class ListServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;

    private ListServer(string answer)
    {
        Answer = answer;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var authority = new CertificateRequest("CN=Dynode test authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authorityCertificate = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        AuthorityFile = _folder.Write("authority.pem", authorityCertificate.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(authorityCertificate, now.AddHours(-1), now.AddHours(1), [1, 2, 3, 4]);
        _certificate = signed.CopyWithPrivateKey(key);
        _listener.Start();
    }

    public string Answer { get; set; }

    public string AuthorityFile { get; }

    public string Url => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/servers";

    /// <summary>Head and body of each.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Clients that did not trust the certificate, or left before they had asked.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    public static ListServer Start(string answer)
    {
        var server = new ListServer(answer);
        _ = server.AcceptLoopAsync();
        return server;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
        _folder.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(_certificate);
            int asked = 0;
            while (await ReadRequestAsync(tls) is { } request)
            {
                asked++;
                Requests.Enqueue(request);
                await tls.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Answer.Length}\r\n\r\n{Answer}"));
            }

            // With TLS 1.3 this side has shaken hands before the other has looked at the certificate.
            if (asked == 0) Refusals.Enqueue("left without a request");
        }
        catch (Exception e) when (e is IOException or AuthenticationException or ObjectDisposedException)
        {
            Refusals.Enqueue(e.Message);
        }
    }

    private static async Task<string?> ReadRequestAsync(SslStream from)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = await from.ReadAsync(buffer);
            if (count == 0) return null;
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            string soFar = text.ToString();
            int head = soFar.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head < 0) continue;
            int body = soFar.Split("\r\n")
                .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                .Select(line => int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture))
                .FirstOrDefault();
            if (soFar.Length >= head + 4 + body) return soFar;
        }
    }
}
