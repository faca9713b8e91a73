using System.Collections.Immutable;
using System.Security.Authentication;

namespace Dynode.Native.Certificates;

/// <summary>The files of one certificate and its key, in PEM; one file may hold both.</summary>
/// <param name="Certificate">The certificate, and behind it those of the authorities between.</param>
/// <param name="Key">Its key, without a password.</param>
internal sealed record CertificateFiles(string Certificate, string Key);

/// <summary>What clients are shown and asked where they speak TLS; checked, and not read yet.</summary>
internal sealed record TlsSettings
{
    /// <summary>At least one; a client that asks for a name gets the first that has it, any other the first.</summary>
    public required ImmutableArray<CertificateFiles> Certificates { get; init; }

    /// <summary>A file with the authorities, in PEM, whose certificates clients must show; empty: they need not.</summary>
    public string ClientAuthorities { get; init; } = "";

    /// <summary>Names of which a client's certificate must have one; empty: any.</summary>
    public ImmutableArray<string> ClientNames { get; init; } = [];

    public SslProtocols Versions { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}
