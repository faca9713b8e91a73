using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What an operator reads of a connection to a server that TLS has broken, in the handshake or behind it.</summary>
internal static class ServerTlsFault
{
    /// <summary>It has ended by TCP alone.</summary>
    public const string Cut = "closed by the server without an end of TLS: it may have been somebody between";

    /// <summary>So, and before it had said anything: in TLS 1.3 a server looks at our certificate when we are done, and not all say what they think of it.</summary>
    public const string CutAtOnce = "closed by the server right behind the TLS handshake: it may want a certificate of ours, or another one (backend_tls_certificate)";

    /// <summary>So, by a reset: the alert that would have said why may be lost with it.</summary>
    public const string ResetAtOnce = "reset by the server, which has said nothing since the TLS handshake: it may want a certificate of ours, or another one (backend_tls_certificate)";

    // A record begins with its kind (RFC 8446, 5.1; RFC 6520).
    private const int FirstRecord = 20;
    private const int LastRecord = 24;

    /// <summary>Of a handshake.</summary>
    /// <param name="fault">What it ended by.</param>
    /// <param name="cipher">What has come.</param>
    public static string Of(Exception fault, CipherStream cipher) => cipher switch
    {
        { FirstByte: >= 0 and not (>= FirstRecord and <= LastRecord) } => "what came is no TLS: it looks as if the server spoke plain",
        { SawEnd: true } => "closed by the server in the TLS handshake",
        _ => fault is OperationCanceledException ? "given up in the TLS handshake" : Of(fault),
    };

    /// <summary>Of a session, or of a handshake in which TLS itself was spoken.</summary>
    public static string Of(Exception fault)
    {
        string said = TlsFault.Of(fault);
        int at = said.IndexOf("alert ", StringComparison.Ordinal);
        if (at < 0)
            return Innermost(fault) is SocketException ? $"{said} in the TLS handshake" : $"TLS: {said}";
        string alert = said[(at + "alert ".Length)..];
        return alert switch
        {
            "certificate required" => "the server wants a certificate of ours: backend_tls_certificate",
            "handshake failure" => "the server broke the TLS handshake off: it wants a certificate of ours (backend_tls_certificate), or has no cipher in common with us",
            "protocol version" => "the server speaks no version of TLS that is spoken here",
            "bad certificate" or "unknown ca" or "certificate unknown" or "certificate expired" or "certificate revoked" or "unsupported certificate" =>
                $"the server does not take our certificate (backend_tls_certificate): {alert}",
            _ => $"the server broke TLS off: {alert}",
        };
    }

    private static Exception Innermost(Exception fault) => fault.InnerException is { } inner ? Innermost(inner) : fault;
}
