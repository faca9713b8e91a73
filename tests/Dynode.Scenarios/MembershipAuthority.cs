using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Scenarios;

/// <summary>
/// A certificate authority that this test process trusts as a system trusts its own: by SSL_CERT_FILE. The runtime reads
/// that variable natively and once, with the first certificate that any test has judged, so it is set by setenv before all tests, and
/// nothing in the product has to know of it.
/// </summary>
internal static partial class MembershipAuthority
{
    private static readonly X509Certificate2 Root = MakeRoot("CN=Dynode test root");

    static MembershipAuthority()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(file, Root.ExportCertificatePem());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        if (SetEnvironment("SSL_CERT_FILE", file, 1) != 0 || SetEnvironment("SSL_CERT_DIR", "/nonexistent", 1) != 0)
            throw new InvalidOperationException("setenv");
    }

    /// <summary>Before all tests: whichever is first would have the system's own authorities read.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It is the tests' own program, and there is no other place that is before all of them.")]
    internal static void Begin() => RuntimeHelpers.RunClassConstructor(typeof(MembershipAuthority).TypeHandle);

    /// <summary>Of a server called localhost, signed by the trusted root.</summary>
    public static X509Certificate2 Trusted() => Issue(Root, "localhost", days: 30);

    /// <summary>Signed by a root that nobody trusts.</summary>
    public static X509Certificate2 Untrusted() => Issue(MakeRoot("CN=Nobody's root"), "localhost", days: 30);

    /// <summary>Trusted, for another name.</summary>
    public static X509Certificate2 ForAnotherHost() => Issue(Root, "elsewhere.test", days: 30);

    /// <summary>Trusted once.</summary>
    public static X509Certificate2 Expired() => Issue(Root, "localhost", days: -1);

    private static X509Certificate2 MakeRoot(string name)
    {
        var request = new CertificateRequest(name, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Now.AddDays(-60), Now.AddDays(60));
    }

    private static X509Certificate2 Issue(X509Certificate2 root, string host, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(root, Now.AddDays(-30), Now.AddDays(days), [1, 2, 3, 4]);
        using X509Certificate2 withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetEnvironment(string name, string value, int overwrite);
}
