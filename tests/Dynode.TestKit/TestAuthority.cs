using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.TestKit;

/// <summary>A certificate and its key, in PEM.</summary>
public sealed record IssuedPair(string Certificate, string Key)
{
    /// <summary>For who shows it.</summary>
    public X509Certificate2 WithKey()
    {
        using var pair = X509Certificate2.CreateFromPem(Certificate, Key);
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pfx), null);
    }
}

/// <summary>A certificate authority of a test's own.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _root;
    private int _serial;

    public TestAuthority(string name = "a test's authority")
    {
        var request = new CertificateRequest($"CN={name}", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(Now.AddDays(-60), Now.AddDays(3650));
    }

    private TestAuthority(X509Certificate2 root) => _root = root;

    /// <summary>Another one that it has signed.</summary>
    public TestAuthority Between(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var signed = request.Create(_root, Now.AddDays(-59), Now.AddDays(3600), BitConverter.GetBytes(Interlocked.Increment(ref _serial) + 1000));
        return new(signed.CopyWithPrivateKey(key));
    }

    /// <summary>Its own certificate, in PEM.</summary>
    public string Pem => _root.ExportCertificatePem();

    /// <summary>Its own certificate.</summary>
    public X509Certificate2 Root => _root;

    /// <summary>Signs one for 30 days.</summary>
    /// <param name="names">DNS names; with <c>://</c> URIs; addresses.</param>
    public IssuedPair Issue(params string[] names) => Issue(Now.AddDays(-1), Now.AddDays(30), names);

    /// <summary>Signs one for a time.</summary>
    public IssuedPair Issue(DateTimeOffset from, DateTimeOffset until, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(names.Length > 0 ? names[0].Replace(':', '.') : "nobody")}", key, HashAlgorithmName.SHA256);
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (string name in names)
            {
                if (name.Contains("://", StringComparison.Ordinal))
                    alternatives.AddUri(new Uri(name));
                else if (IPAddress.TryParse(name, out var address))
                    alternatives.AddIpAddress(address);
                else
                    alternatives.AddDnsName(name);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        using var issued = request.Create(_root, from, until, BitConverter.GetBytes(Interlocked.Increment(ref _serial) + 1000));
        return new(issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _root.Dispose();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();
}
