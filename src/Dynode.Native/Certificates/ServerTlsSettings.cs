namespace Dynode.Native.Certificates;

/// <summary>Where we speak TLS to others, as its operator knows it.</summary>
/// <param name="Whom">Those who are spoken to, for a sentence.</param>
/// <param name="AuthoritiesKey">By what it is said whose certificates are believed.</param>
/// <param name="CertificateKey">By what it is said what they are shown; empty: by nothing.</param>
internal sealed record TlsEdge(string Whom, string AuthoritiesKey, string CertificateKey)
{
    public static readonly TlsEdge Servers = new("servers that are spoken to by TLS", "backend_tls_ca", "backend_tls_certificate");

    public static readonly TlsEdge ListUrl = new("the list URL", "servers_autoupdate_ca", "servers_autoupdate_certificate");

    public static readonly TlsEdge OrderedLog = new("NATS", "log_ca", "log_cert");

    public static readonly TlsEdge AdminPort = new("an admin port", "--ca", "");
}

/// <summary>How servers are spoken to by TLS; checked, and not read yet.</summary>
internal sealed record ServerTlsSettings
{
    /// <summary>Which servers.</summary>
    public TlsEdge Edge { get; init; } = TlsEdge.Servers;

    /// <summary>A file with the authorities, in PEM, whose certificates servers must show; empty: those that the system trusts.</summary>
    public string Authorities { get; init; } = "";

    /// <summary>What their certificates must be for, and what they are asked for (SNI); empty: the server's host, as it is configured.</summary>
    public string Name { get; init; } = "";

    /// <summary>What servers are shown that ask for it; null: nothing.</summary>
    public CertificateFiles? Certificate { get; init; }
}
