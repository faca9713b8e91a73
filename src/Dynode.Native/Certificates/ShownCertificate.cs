using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dynode.Native.Certificates;

/// <summary>Reads a file whole.</summary>
/// <param name="path">Where.</param>
/// <param name="fault">Why not, as the end of a sentence about the path.</param>
/// <returns>Null: it cannot be read.</returns>
internal delegate byte[]? FileReading(string path, out string? fault);

/// <summary>A certificate with its key, as it is shown to whoever connects.</summary>
internal sealed class ShownCertificate
{
    private readonly X509Certificate2 _certificate;

    private ShownCertificate(X509Certificate2 certificate, X509Certificate2Collection between)
    {
        _certificate = certificate;

        // What is not in the file is not looked for in the network: a start, and a swap, must not wait for somebody else.
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
    }

    /// <summary>What handshakes take.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>From when on nobody takes it any more.</summary>
    public DateTimeOffset End => new(_certificate.NotAfter);

    /// <summary>For the operator: whose it is, and until when.</summary>
    public string Said => $"{_certificate.GetNameInfo(X509NameType.DnsName, false)} until {End.UtcDateTime:yyyy-MM-dd HH:mm} UTC";

    /// <summary>Whether it is that host's.</summary>
    /// <param name="name">Of a host; a client may say anything.</param>
    public bool Has(string name)
    {
        try
        {
            return name.Length > 0 && _certificate.MatchesHostname(name);
        }
        catch (ArgumentException)
        {
            // No host can have that name, and so no certificate has it.
            return false;
        }
    }

    /// <summary>Reads one, and checks that it can be shown now.</summary>
    /// <param name="files">Where it is.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="now">When.</param>
    /// <param name="fault">Why not, for the operator; names the file.</param>
    public static ShownCertificate? Load(CertificateFiles files, FileReading read, DateTimeOffset now, out string? fault)
    {
        if (PemText(files.Certificate, read, out fault) is not { } certificateText || PemText(files.Key, read, out fault) is not { } keyText)
            return null;
        if (!certificateText.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
            fault = $"{files.Certificate} holds no certificate in PEM";
        else if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
            fault = $"{files.Key} holds a key that is locked by a password: write it without one (openssl pkey)";
        else if (!keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            fault = $"{files.Key} holds no key in PEM";
        if (fault is not null)
            return null;
        if (Certificates(files.Certificate, certificateText, out fault) is not { } between)
            return null;
        if (between.Count == 0)
        {
            fault = $"{files.Certificate} holds the begin of a certificate and not its end";
            return null;
        }

        between[0].Dispose();
        between.RemoveAt(0);
        try
        {
            var certificate = X509Certificate2.CreateFromPem(certificateText, keyText);
            fault = (FaultOf(certificate, now) ?? FaultOfNames(certificate)) is { } why ? $"{files.Certificate} {why}" : null;
            return fault is null ? new ShownCertificate(certificate, between) : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            fault = e switch
            {
                NotSupportedException => $"{files.Key} holds a key of a kind that this machine's OpenSSL does not know",
                _ when e is ArgumentException || e.InnerException is ArgumentException => $"{files.Key} is not the key of {files.Certificate}",
                _ => $"{files.Key} holds what looks like a key and is none, or not that of {files.Certificate}",
            };
            return null;
        }
    }

    /// <summary>The certificates of a file, of authorities that are trusted.</summary>
    /// <param name="path">Where.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="fault">Why not, for the operator; names the file.</param>
    public static X509Certificate2Collection? LoadAuthorities(string path, FileReading read, out string? fault)
    {
        if (PemText(path, read, out fault) is not { } text || Certificates(path, text, out fault) is not { } found)
            return null;
        fault = found.Count == 0 ? $"{path} holds no certificate in PEM" : null;
        return fault is null ? found : null;
    }

    private static X509Certificate2Collection? Certificates(string path, string text, out string? fault)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(text);
            fault = null;
            return found;
        }
        catch (CryptographicException)
        {
            fault = $"{path} holds what looks like a certificate and is none";
            return null;
        }
    }

    private static string? PemText(string path, FileReading read, out string? fault)
    {
        byte[]? bytes = read(path, out fault);
        if (bytes is null)
            fault = $"{path} {fault}";
        return bytes is null ? null : Encoding.Latin1.GetString(bytes);
    }

    private static string? FaultOf(X509Certificate2 certificate, DateTimeOffset now) =>
        now >= certificate.NotAfter ? $"has been out of date since {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC"
        : now < certificate.NotBefore ? $"is of no use before {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC"
        : null;

    // Read here once: a handshake that asks for a name has nobody to say it to.
    private static string? FaultOfNames(X509Certificate2 certificate)
    {
        try
        {
            _ = certificate.MatchesHostname("localhost");
            return null;
        }
        catch (CryptographicException)
        {
            return "has names that cannot be read";
        }
    }
}
