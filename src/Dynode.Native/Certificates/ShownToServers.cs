using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>What servers are shown, and whom of them is believed, read from its files at one moment. Immutable.</summary>
internal sealed record ShownToServers : IFromFiles<ShownToServers>
{
    public required ServerTlsSettings Settings { get; init; }

    /// <summary>Null: it is shown nothing.</summary>
    public ShownCertificate? Certificate { get; init; }

    /// <summary>Null: those that the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Files => [Settings.Authorities, Settings.Certificate?.Certificate ?? "", Settings.Certificate?.Key ?? ""];

    /// <inheritdoc/>
    public DateTimeOffset End => Certificate?.End ?? DateTimeOffset.MaxValue;

    /// <summary>For the operator: whose certificate they are shown, and until when.</summary>
    private string Said => Certificate?.Said ?? "no certificate";

    /// <inheritdoc/>
    public ShownToServers? ReadAgain(FileReading read, DateTimeOffset now, out string? fault) => Load(Settings, read, now, out fault);

    /// <inheritdoc/>
    public void SayTaken(ILogger log)
    {
        if (Certificate is not null || Authorities is not null)
            CertificateLog.TakenForServers(log, Settings.Edge.Whom, Said, Authorities?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "the system's");
    }

    /// <inheritdoc/>
    public void SayNotTaken(ILogger log, string why) => CertificateLog.NotTakenForServers(log, Settings.Edge.Whom, why, Said);

    /// <inheritdoc/>
    public void SayEnded(ILogger log) => CertificateLog.EndedForServers(log, Settings.Edge.Whom, Said);

    /// <summary>Reads all files.</summary>
    /// <param name="settings">Which.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="now">When.</param>
    /// <param name="fault">The first thing that is wrong, for the operator; names the key and the file.</param>
    public static ShownToServers? Load(ServerTlsSettings settings, FileReading read, DateTimeOffset now, out string? fault)
    {
        fault = null;
        ShownCertificate? certificate = null;
        if (settings.Certificate is { } files && (certificate = ShownCertificate.Load(files, read, now, out fault)) is null)
        {
            fault = $"{settings.Edge.CertificateKey}: {fault}";
            return null;
        }

        X509Certificate2Collection? authorities = null;
        if (settings.Authorities.Length > 0 && (authorities = ShownCertificate.LoadAuthorities(settings.Authorities, read, out fault)) is null)
        {
            fault = $"{settings.Edge.AuthoritiesKey}: {fault}";
            return null;
        }

        return new() { Settings = settings, Certificate = certificate, Authorities = authorities };
    }

    /// <summary>For one handshake. It takes the library: whoever asks knows that it is here.</summary>
    /// <param name="host">The server's, as it is configured; null: whoever shakes hands says it.</param>
    public SslClientAuthenticationOptions Options(string? host) => new()
    {
        TargetHost = host is null ? null : NameOf(host),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
        ClientCertificateContext = Certificate?.Context,
        CertificateChainPolicy = ChainRules.Of(Authorities, ChainRules.OfServers),
    };

    /// <summary>Judges what a server has shown of itself.</summary>
    /// <param name="host">As above.</param>
    /// <param name="certificate">Its certificate; null: it has shown none.</param>
    /// <param name="chain">The chain of authorities that it was held to.</param>
    /// <param name="errors">What is wrong with it by that.</param>
    /// <returns>Null: it is the server that is meant; else why not, for the operator.</returns>
    public string? Refusal(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return "certificate: it showed none";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return $"certificate: {ChainFault.Of(chain)} ({certificate.Subject}, by {certificate.Issuer}, until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC)";
        string name = NameOf(host);

        // Not the framework's own verdict, which lets a common name pass (RFC 9525, 2).
        return certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false) ? null : $"certificate: name mismatch: it is for {NamesOf(certificate)}, and not for {name}";
    }

    // A final dot says that no domain is to be searched; in certificates there is none (RFC 6066, 3).
    private string NameOf(string host) => (Settings.Name.Length > 0 ? Settings.Name : host).TrimEnd('.');

    private static string NamesOf(X509Certificate2 certificate)
    {
        try
        {
            var names = CertifiedNames.WithAddresses(certificate);
            return names.IsEmpty ? $"no name ({certificate.Subject} is none: names stand among the alternative names)" : string.Join(", ", names);
        }
        catch (AsnContentException)
        {
            return "names that cannot be read";
        }
    }
}
