using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>Two certificates in files, for one.test and two.test, as clients and the admin port are shown them.</summary>
internal sealed class ShownFromFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShownFromFolder(TestAuthority authority, TimeProvider time)
    {
        var settings = new TlsSettings { Certificates = [Write(0, authority.Issue("one.test")), Write(1, authority.Issue("two.test"))] };
        var shown = ShownToClients.Load(settings, TlsValues.Read, time.GetUtcNow(), out string? fault);
        Assert.True(shown is not null, fault);
        Tls = new ClientTls(shown, TlsValues.Read, NullLogger.Instance, time);
    }

    public ClientTls Tls { get; }

    /// <summary>Another one stands in its files.</summary>
    public CertificateFiles Write(int number, IssuedPair pair) => new(_folder.Write($"{number}.pem", pair.Certificate), _folder.Write($"{number}.key", pair.Key));

    public void Dispose()
    {
        Tls.Dispose();
        _folder.Dispose();
    }
}
