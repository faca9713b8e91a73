using System.Collections.Immutable;
using static Dynode.Native.Configuration.ReloadEffect;

namespace Dynode.Native.Configuration;

/// <summary>The keys of who stands between, and of another way in: of PROXY headers and unix sockets; behind <see cref="TlsKeys"/>.</summary>
internal static class EdgeKeys
{
    private static readonly KeyDeclarations Keys = new(from: ConfigurationKeys.All.Length + OrderedLogKeys.All.Length + TlsKeys.All.Length);

    public static readonly ConfigurationKey ProxyProtocol = Keys.Declare(new(
        "proxy_protocol", ValueKind.Choice, "off", Applied, "with proxy_from: the version of the PROXY header with which connections from there begin, before TLS: v1, v2 or any of both; who sends none within tls_handshake_timeout is closed and counted")
    { Choices = ["off", "v1", "v2", "any"] });

    public static readonly ConfigurationKey ProxyFrom = Keys.Declare(new(
        "proxy_from", ValueKind.Networks, "", Applied, "with proxy_protocol: networks and addresses of the proxies (10.0.0.0/8, 10.0.0.7) that say whose connection they pass on; nobody else's bytes are taken for a header"));

    public static readonly ConfigurationKey BackendProxy = Keys.Declare(new(
        "backend_proxy", ValueKind.Choice, "off", Applied, "the version of the PROXY header with which connections to servers begin, before TLS: v1 or v2; in raw it is the client's, framed it says that the connection is nobody's. Changed by a reload, it is for new clients and connections")
    { Choices = ["off", "v1", "v2"] });

    public static readonly ConfigurationKey ListenUnix = Keys.Declare(new(
        "listen_unix", ValueKind.Path, "", NeedsRestart, "the path of a unix socket that clients may come to besides port, plain and without a PROXY header; empty: there is none"));

    public static readonly ConfigurationKey ListenUnixMode = Keys.Declare(new(
        "listen_unix_mode", ValueKind.Mode, "660", NeedsRestart, "with listen_unix: who may connect, as for chmod: three octal digits"));

    /// <summary>All of these, in their order.</summary>
    public static ImmutableArray<ConfigurationKey> All { get; } = Keys.Declared;
}
