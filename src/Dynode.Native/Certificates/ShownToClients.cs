using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>What clients are shown and asked, read from its files at one moment. Immutable.</summary>
internal sealed record ShownToClients : IFromFiles<ShownToClients>
{
    public required TlsSettings Settings { get; init; }

    /// <summary>In the settings' order.</summary>
    public required ImmutableArray<ShownCertificate> Certificates { get; init; }

    /// <summary>Whose certificates clients must show; null: they need not.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <inheritdoc/>
    public DateTimeOffset End => Certificates.Min(static certificate => certificate.End);

    /// <inheritdoc/>
    public IEnumerable<string> Files => Settings.Certificates.SelectMany(static files => new[] { files.Certificate, files.Key }).Append(Settings.ClientAuthorities);

    /// <inheritdoc/>
    public ShownToClients? ReadAgain(FileReading read, DateTimeOffset now, out string? fault) => Load(Settings, read, now, out fault);

    /// <inheritdoc/>
    public void SayTaken(ILogger log) => CertificateLog.Taken(log, Said);

    /// <inheritdoc/>
    public void SayNotTaken(ILogger log, string why) => CertificateLog.NotTaken(log, why, Certificates[0].Said);

    /// <inheritdoc/>
    public void SayEnded(ILogger log) => CertificateLog.Ended(log, Said);

    private string Said => string.Join(", ", Certificates.Select(static certificate => certificate.Said));

    /// <summary>Reads all files.</summary>
    /// <param name="settings">Which.</param>
    /// <param name="read">Reads files.</param>
    /// <param name="now">When.</param>
    /// <param name="fault">The first thing that is wrong, for the operator; names the file.</param>
    public static ShownToClients? Load(TlsSettings settings, FileReading read, DateTimeOffset now, out string? fault)
    {
        var certificates = ImmutableArray.CreateBuilder<ShownCertificate>();
        foreach (var files in settings.Certificates)
        {
            if (ShownCertificate.Load(files, read, now, out fault) is not { } certificate)
                return null;
            certificates.Add(certificate);
        }

        fault = null;
        X509Certificate2Collection? authorities = null;
        if (settings.ClientAuthorities.Length > 0 && (authorities = ShownCertificate.LoadAuthorities(settings.ClientAuthorities, read, out fault)) is null)
            return null;
        return new() { Settings = settings, Certificates = certificates.ToImmutable(), Authorities = authorities };
    }

    /// <summary>What is shown to a client that asks for <paramref name="name"/>; empty: for none.</summary>
    public ShownCertificate For(string name) => Certificates.FirstOrDefault(certificate => certificate.Has(name)) ?? Certificates[0];
}
