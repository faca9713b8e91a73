using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>How servers are spoken to by TLS; checked, and not read yet.</summary>
internal sealed record ServerTlsSettings
{
    /// <summary>A file with the authorities, in PEM, whose certificates servers must show; empty: those that the system trusts.</summary>
    public string Authorities { get; init; } = "";

    /// <summary>What their certificates must be for, and what they are asked for (SNI); empty: the server's host, as it is configured.</summary>
    public string Name { get; init; } = "";

    /// <summary>What servers are shown that ask for it; null: nothing.</summary>
    public CertificateFiles? Certificate { get; init; }
}

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

    /// <summary>For the operator: whose certificate they are shown, and until when.</summary>
    private string Said => Certificate?.Said ?? "no certificate";

    /// <inheritdoc/>
    public ShownToServers? ReadAgain(FileReading read, DateTimeOffset now, out string? fault) => Load(Settings, read, now, out fault);

    /// <inheritdoc/>
    public void SayTaken(ILogger log)
    {
        if (Certificate is not null || Authorities is not null)
            CertificateLog.TakenForServers(log, Said, Authorities?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "the system's");
    }

    /// <inheritdoc/>
    public void SayNotTaken(ILogger log, string why) => CertificateLog.NotTakenForServers(log, why, Said);

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
            fault = $"backend_tls_certificate: {fault}";
            return null;
        }

        X509Certificate2Collection? authorities = null;
        if (settings.Authorities.Length > 0 && (authorities = ShownCertificate.LoadAuthorities(settings.Authorities, read, out fault)) is null)
        {
            fault = $"backend_tls_ca: {fault}";
            return null;
        }

        return new() { Settings = settings, Certificate = certificate, Authorities = authorities };
    }
}
