namespace Dynode.Native.Configuration;

/// <summary>How the text of a value is read.</summary>
internal enum ValueKind
{
    /// <summary>As written.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>, in any case.</summary>
    Flag,

    /// <summary>A whole number.</summary>
    Count,

    /// <summary>Seconds, with up to three decimals; counted in milliseconds.</summary>
    Duration,

    /// <summary>Bytes, with <c>k</c>, <c>m</c> or <c>g</c> for their binary multiples.</summary>
    Size,

    /// <summary>One of the key's words, in any case.</summary>
    Choice,

    /// <summary>A name, an address, or <c>*</c>.</summary>
    Host,

    /// <summary><c>host:port, dns:name:port, tls://host:port</c>.</summary>
    Servers,

    /// <summary>http or https, or <c>@/path</c> of a file that holds it; a password in it is never shown.</summary>
    Url,

    /// <summary>Already encoded <c>a=1&amp;b=2</c>, kept as written; the values are never shown.</summary>
    Parameters,

    /// <summary><c>abstract</c>, <c>off</c>, or the path of a unix socket.</summary>
    Control,

    /// <summary><c>host:port</c> of ours, or <c>unix:/path</c>.</summary>
    AdminPlace,

    /// <summary>Names with commas.</summary>
    Names,

    /// <summary>Networks and addresses, with commas: <c>10.0.0.0/8, fd00::/8, 10.0.0.7</c>.</summary>
    Networks,

    /// <summary><c>nats://host:port/stream</c>, with more hosts behind commas, or <c>nats+tls://</c>.</summary>
    OrderedLog,

    /// <summary>A number, <c>majority</c> or <c>all</c>.</summary>
    Ready,

    /// <summary>A directory, from the root on.</summary>
    Path,

    /// <summary>Files, from the root on, with commas between them.</summary>
    Paths,

    /// <summary>Three octal digits, as for chmod.</summary>
    Mode,

    /// <summary>From 0 to 1, with up to three decimals; counted in thousandths.</summary>
    Share,

    /// <summary>As written, or <c>@/path</c> of a file that holds it; never shown.</summary>
    Secret,
}
