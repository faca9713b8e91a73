using System.Security.Authentication;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Tls;

/// <summary>A broadcaster in front of scripted servers, to which clients may come by TLS as well.</summary>
internal sealed class TlsUnderTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly ClientTls _tls;

    /// <param name="settings">Of the broadcaster.</param>
    /// <param name="servers">Their addresses.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="clients">The authority whose certificates clients must show; null: they need not.</param>
    /// <param name="clientNames">Of which one is wanted.</param>
    /// <param name="versions">That are spoken.</param>
    /// <param name="certificates">Names of the certificates that are shown; none: one for localhost.</param>
    public TlsUnderTest(
        BroadcastSettings settings,
        IEnumerable<string> servers,
        TimeProvider? time = null,
        TestAuthority? clients = null,
        string[]? clientNames = null,
        SslProtocols versions = SslProtocols.Tls12 | SslProtocols.Tls13,
        params string[] certificates)
    {
        string[] names = certificates.Length == 0 ? ["localhost"] : certificates;
        var tls = new TlsSettings
        {
            Certificates = [.. names.Select((name, i) => Write(i, Authority.Issue(name)))],
            ClientAuthorities = clients is null ? "" : _folder.Write("clients.pem", clients.Pem),
            ClientNames = [.. clientNames ?? []],
            Versions = versions,
        };
        var shown = ShownToClients.Load(tls, TlsValues.Read, TimeProvider.System.GetUtcNow(), out string? fault);
        Assert.True(shown is not null, fault);
        _tls = new ClientTls(shown, TlsValues.Read, new LogLines(), _time);
        Broadcaster = BroadcasterUnderTest.Start(settings with { TlsPort = 0 }, servers, time ?? TimeProvider.System, _tls);
    }

    public TestAuthority Authority { get; } = new();

    public BroadcasterUnderTest Broadcaster { get; }

    /// <summary>Where clients speak TLS.</summary>
    public int Port => Broadcaster.Door.EndPoints.First(endPoint => endPoint.Port != Broadcaster.Port).Port;

    public HandshakeFigures Handshakes => Broadcaster.Snapshot.Handshakes!;

    /// <summary>A client that has shaken hands.</summary>
    /// <param name="options">How.</param>
    public Task<TlsClient> ConnectAsync(TlsClientOptions? options = null) => TlsClient.ConnectAsync(Port, Authority, options ?? new());

    /// <summary>Another certificate stands in the first one's files, and they are looked at.</summary>
    public void Swap(IssuedPair pair)
    {
        _ = Write(0, pair);
        _time.Advance(TimeSpan.FromSeconds(10));
    }

    public void Dispose()
    {
        Broadcaster.Dispose();
        _tls.Dispose();
        Authority.Dispose();
        _folder.Dispose();
    }

    private CertificateFiles Write(int number, IssuedPair pair) =>
        new(_folder.Write($"{number}.pem", pair.Certificate), _folder.Write($"{number}.key", pair.Key));
}
