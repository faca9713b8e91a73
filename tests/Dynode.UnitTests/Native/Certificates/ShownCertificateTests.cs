using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Certificates;

/// <summary>What is wrong with a certificate or its key is said with its file, and nothing that cannot be shown is taken.</summary>
public sealed class ShownCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public void One_with_its_key_in_another_file_or_in_the_same_is_taken()
    {
        var pair = _authority.Issue("one.test");
        Assert.Null(Fault(pair.Certificate, pair.Key));
        string both = _folder.Write("both.pem", pair.Key + "\n" + pair.Certificate + "\n" + _authority.Pem);
        Assert.NotNull(ShownCertificate.Load(new(both, both), TlsValues.Read, Now, out string? fault));
        Assert.Null(fault);
    }

    [Fact]
    public void Keys_of_each_kind_are_taken()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Null(Fault(SelfSigned(new("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), rsa.ExportRSAPrivateKeyPem()));
        Assert.Null(Fault(SelfSigned(new("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), rsa.ExportPkcs8PrivateKeyPem()));
        Assert.Null(Fault(SelfSigned(new("CN=ec", ec, HashAlgorithmName.SHA384)), ec.ExportECPrivateKeyPem()));
    }

    [Fact]
    public void What_cannot_be_shown_is_named()
    {
        var one = _authority.Issue("one.test");
        var two = _authority.Issue("two.test");
        Assert.EndsWith("key.pem is not the key of " + _folder.Path + "/certificate.pem", Fault(one.Certificate, two.Key), StringComparison.Ordinal);
        Assert.EndsWith("certificate.pem holds no certificate in PEM", Fault("", one.Key), StringComparison.Ordinal);
        Assert.EndsWith("certificate.pem holds no certificate in PEM", Fault(one.Key, one.Key), StringComparison.Ordinal);
        Assert.EndsWith("key.pem holds no key in PEM", Fault(one.Certificate, one.Certificate), StringComparison.Ordinal);
        Assert.EndsWith("certificate.pem holds what looks like a certificate and is none", Fault(Broken(one.Certificate), one.Key), StringComparison.Ordinal);
        Assert.EndsWith("certificate.pem holds what looks like a certificate and is none", Fault(one.Certificate + "\n" + Broken(two.Certificate), one.Key), StringComparison.Ordinal);
        Assert.EndsWith("certificate.pem holds the begin of a certificate and not its end", Fault(one.Certificate[..200], one.Key), StringComparison.Ordinal);
        Assert.Contains("key.pem holds what looks like a key and is none", Fault(one.Certificate, Broken(one.Key)), StringComparison.Ordinal);
        Assert.Contains("has been out of date since", Fault(_authority.Issue(Now.AddDays(-9), Now.AddDays(-1), "old.test")), StringComparison.Ordinal);
        Assert.Contains("is of no use before", Fault(_authority.Issue(Now.AddDays(1), Now.AddDays(9), "new.test")), StringComparison.Ordinal);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string locked = ec.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000));
        Assert.Contains("is locked by a password", Fault(one.Certificate, locked), StringComparison.Ordinal);
        Assert.Contains("is locked by a password", Fault(one.Certificate, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_read_are_named()
    {
        string there = _folder.Write("there.pem", _authority.Issue("one.test").Certificate);
        Assert.Null(ShownCertificate.Load(new($"{_folder.Path}/none.pem", there), TlsValues.Read, Now, out string? fault));
        Assert.Equal($"{_folder.Path}/none.pem does not exist", fault);
        Assert.Null(ShownCertificate.Load(new(there, _folder.Path), TlsValues.Read, Now, out fault));
        Assert.Equal($"{_folder.Path} is a directory", fault);
        string large = _folder.Write("large.pem", new string('x', (1 << 20) + 1));
        Assert.Null(ShownCertificate.Load(new(there, large), TlsValues.Read, Now, out fault));
        Assert.Equal($"{large} is larger than 1048576 bytes", fault);
    }

    /// <summary>Whatever stands in a file, it is taken or there is a sentence about it.</summary>
    [Fact]
    public void Files_that_are_broken_anywhere_are_never_a_fault_of_the_program() => Seed.Run(random =>
    {
        var pair = _authority.Issue("one.test");
        for (int i = 0; i < 300; i++)
        {
            string? fault = Fault(Mutated(pair.Certificate, random), random.Next(2) == 0 ? pair.Key : Mutated(pair.Key, random));
            Assert.True(fault is null || fault.Contains(_folder.Path, StringComparison.Ordinal), fault);
        }
    });

    [Fact]
    public void Authorities_without_any_are_a_fault()
    {
        Assert.Null(ShownCertificate.LoadAuthorities(_folder.Write("none.pem", "nothing\n"), TlsValues.Read, out string? fault));
        Assert.Equal($"{_folder.Path}/none.pem holds no certificate in PEM", fault);
        Assert.Null(ShownCertificate.LoadAuthorities(_folder.Write("bad.pem", Broken(_authority.Pem)), TlsValues.Read, out fault));
        Assert.Equal($"{_folder.Path}/bad.pem holds what looks like a certificate and is none", fault);
        using var other = new TestAuthority("another");
        Assert.Equal(2, ShownCertificate.LoadAuthorities(_folder.Write("two.pem", _authority.Pem + "\n" + other.Pem), TlsValues.Read, out _)!.Count);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private string? Fault(IssuedPair pair) => Fault(pair.Certificate, pair.Key);

    private string? Fault(string certificate, string key)
    {
        CertificateFiles files = new(_folder.Write("certificate.pem", certificate), _folder.Write("key.pem", key));
        var shown = ShownCertificate.Load(files, TlsValues.Read, Now, out string? fault);
        Assert.Equal(shown is null, fault is not null);
        return fault;
    }

    private static string SelfSigned(CertificateRequest request)
    {
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        return certificate.ExportCertificatePem();
    }

    // A well-formed block of PEM, whose bytes are something else.
    private static string Broken(string pem)
    {
        string[] lines = pem.Split('\n');
        lines[1] = new string('A', lines[1].Length);
        return string.Join('\n', lines);
    }

    private static string Mutated(string text, Random random)
    {
        char[] all = text.ToCharArray();
        for (int i = random.Next(4); i >= 0; i--)
            all[random.Next(all.Length)] = (char)random.Next(256);
        return new string(all, 0, random.Next(3) == 0 ? random.Next(all.Length) : all.Length);
    }
}
