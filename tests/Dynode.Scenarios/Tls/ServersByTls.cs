using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Tls;

/// <summary>How a broadcaster speaks to servers by TLS, from files that a test writes, and what such servers show.</summary>
internal sealed class ServersByTls : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TlsFront> _fronts = [];
    private readonly bool _isOwn;

    /// <param name="showsCertificate">Servers are shown one of the authority's.</param>
    /// <param name="name">That servers must be; empty: as they are called.</param>
    /// <param name="trustsSystem">Not the test's authority.</param>
    /// <param name="authority">Whose certificates are believed; null: one of its own.</param>
    public ServersByTls(bool showsCertificate = false, string name = "", bool trustsSystem = false, TestAuthority? authority = null)
    {
        Authority = authority ?? new TestAuthority();
        _isOwn = authority is null;
        var own = Authority.Issue("the.broadcaster");
        var settings = new ServerTlsSettings
        {
            Authorities = trustsSystem ? "" : _folder.Write("ca.pem", Authority.Pem),
            Name = name,
            Certificate = showsCertificate ? new(_folder.Write("own.pem", own.Certificate), _folder.Write("own.key", own.Key)) : null,
        };
        var first = ShownToServers.Load(settings, TlsValues.Read, TimeProvider.System.GetUtcNow(), out string? fault);
        Assert.True(first is not null, fault);
        Tls = new ServerTls(first, TlsValues.Read, static () => null, Log, TimeProvider.System);
        Pair = Authority.Issue("127.0.0.1");
    }

    public TestAuthority Authority { get; }

    public LogLines Log { get; } = new();

    public ServerTls Tls { get; }

    /// <summary>For 127.0.0.1.</summary>
    public IssuedPair Pair { get; }

    public string Folder => _folder.Path;

    /// <summary>Has TLS spoken for a server.</summary>
    public TlsFront Before(int port, IssuedPair? pair = null, TestAuthority? clients = null, System.Security.Authentication.SslProtocols versions = System.Security.Authentication.SslProtocols.None)
    {
        var front = TlsFront.Start(port, pair ?? Pair, clients, versions);
        _fronts.Add(front);
        return front;
    }

    /// <summary>Writes another certificate for servers to be shown.</summary>
    public void Renew(IssuedPair pair)
    {
        _folder.Write("own.pem", pair.Certificate);
        _folder.Write("own.key", pair.Key);
        Tls.Look();
    }

    public void Dispose()
    {
        _fronts.ForEach(static front => front.Dispose());
        Tls.Dispose();
        if (_isOwn)
            Authority.Dispose();
        _folder.Dispose();
    }
}
