using System.Collections.Immutable;
using static Dynode.Native.Configuration.ConfigurationLimits;
using static Dynode.Native.Configuration.ReloadEffect;

namespace Dynode.Native.Configuration;

/// <summary>The keys of TLS; behind <see cref="OrderedLogKeys"/>.</summary>
internal static class TlsKeys
{
    private static readonly KeyDeclarations Keys = new(from: ConfigurationKeys.All.Length + OrderedLogKeys.All.Length);

    public static readonly ConfigurationKey TlsPort = Keys.Declare(KeyDeclarations.Number(
        "tls_port", "", 1, 65535, NeedsRestart, "listens there, at host, for clients that speak TLS; the same as port: for those alone") with
    { DefaultSaid = "nobody speaks TLS" });

    public static readonly ConfigurationKey TlsCertificate = Keys.Declare(new(
        "tls_certificate", ValueKind.Paths, "", Applied,
        "with tls_port or admin_tls: a file in PEM with the certificate that clients are shown, and behind it those of the authorities between; several, with commas, are chosen by the name that a client asks for (SNI), and else the first. Read again every 10 seconds"));

    public static readonly ConfigurationKey TlsKey = Keys.Declare(new(
        "tls_key", ValueKind.Paths, "", Applied, "with tls_certificate: its key in PEM, of several one for each, in their order; empty: the certificate's file has it"));

    public static readonly ConfigurationKey TlsClientCa = Keys.Declare(new(
        "tls_client_ca", ValueKind.Path, "", Applied, "with tls_port: a file in PEM with the authorities whose certificates clients must show; empty: they need not show any"));

    public static readonly ConfigurationKey TlsClientNames = Keys.Declare(new(
        "tls_client_names", ValueKind.Text, "", Applied, "with tls_client_ca: names, with commas, of which a client's certificate must have one (DNS names or URIs among its alternative names; *. at the front is any one label); empty: any"));

    public static readonly ConfigurationKey TlsVersions = Keys.Declare(new(
        "tls_versions", ValueKind.Choice, "1.2,1.3", Applied, "with tls_port or admin_tls: of TLS, that are spoken")
    { Choices = ["1.2,1.3", "1.2", "1.3"] });

    public static readonly ConfigurationKey TlsHandshakeTimeout = Keys.Declare(KeyDeclarations.Seconds(
        "tls_handshake_timeout", "5", 100, "seconds that a client may take to shake hands by TLS, its wait for others included; and, before that, who comes from proxy_from to send its header"));

    public static readonly ConfigurationKey TlsHandshakesMax = Keys.Declare(KeyDeclarations.Number(
        "tls_handshakes_max", "", 1, HandshakesMax, NeedsRestart, "with tls_port: handshakes that compute at once; others wait in the order they came, and one that waits for its client computes nothing") with
    { DefaultSaid = "twice the number of cores" });

    public static readonly ConfigurationKey BackendTls = Keys.Declare(new(
        "backend_tls", ValueKind.Flag, "false", Applied, "servers are spoken to by TLS, but for those that say otherwise in their list (tcp://host:port); with false tls://host:port alone is. Changed by a reload, connections of framed protocols are made anew"));

    public static readonly ConfigurationKey BackendTlsCa = Keys.Declare(new(
        "backend_tls_ca", ValueKind.Path, "", Applied, "of servers that are spoken to by TLS: a file in PEM with the authorities whose certificates they must show, or with their own; empty: those that the system trusts. Read again every 10 seconds"));

    public static readonly ConfigurationKey BackendTlsName = Keys.Declare(new(
        "backend_tls_name", ValueKind.Text, "", Applied, "of servers that are spoken to by TLS: the name that their certificates must be for, and that they are asked for (SNI); empty: each one's host, as it is configured"));

    public static readonly ConfigurationKey BackendTlsCertificate = Keys.Declare(new(
        "backend_tls_certificate", ValueKind.Path, "", Applied, "of servers that are spoken to by TLS: a file in PEM with the certificate that those are shown which ask for one, and behind it those of the authorities between; empty: none. Read again every 10 seconds"));

    public static readonly ConfigurationKey BackendTlsKey = Keys.Declare(new(
        "backend_tls_key", ValueKind.Path, "", Applied, "with backend_tls_certificate: its key in PEM; empty: the certificate's file has it"));

    /// <summary>All of these, in their order.</summary>
    public static ImmutableArray<ConfigurationKey> All { get; } = Keys.Declared;
}
