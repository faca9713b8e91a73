namespace Dynode.Broadcast.Framed.Clients;

/// <summary>What else a client seems to speak that sends no request of the protocol, by what it sent first: for the log, where it is most often the wrong port.</summary>
internal static class Beginning
{
    /// <summary>As the end of a sentence; empty: it is not known.</summary>
    /// <param name="head">The request that is none, from its first byte.</param>
    public static string Hint(ReadOnlySpan<byte> head) =>
        head.StartsWith(TlsHandshake) ? "; it begins as TLS does, which tls_port is for"
        : head.StartsWith("PROXY "u8) || head.StartsWith(ProxySignature) ? "; it begins with a header of a proxy, which proxy_protocol is for"
        : "";

    // A record of a handshake; its version is that of SSL 3 or later. https://www.rfc-editor.org/rfc/rfc8446#section-5.1
    private static ReadOnlySpan<byte> TlsHandshake => [22, 3];

    // https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.2
    private static ReadOnlySpan<byte> ProxySignature => "\r\n\r\n\0\r\nQUIT\n"u8;
}
