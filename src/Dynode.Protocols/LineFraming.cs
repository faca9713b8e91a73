namespace Dynode.Protocols;

/// <summary>Where requests and replies end. Both framings are those of syslog over TCP: https://www.rfc-editor.org/rfc/rfc6587#section-3.4</summary>
public enum LineFraming
{
    /// <summary>Behind an LF (RFC 6587, 3.4.2: non-transparent framing, with its usual trailer).</summary>
    Lf,

    /// <summary>Where the length before them says (RFC 6587, 3.4.1: octet counting).</summary>
    Octet,
}
