using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// The identity of a backend: a normalised <c>host:port</c>. Two texts that name the same server in different
/// spelling (case, IPv6 notation, leading zeros of the port) give equal addresses; a name and the address it
/// resolves to do not. A server by a unix socket is its path instead (<c>unix:/path</c>). How the server is spoken to is said beside it (<see cref="ByTls"/>), and is no part of what is compared.
/// </summary>
public sealed record BackendAddress
{
    /// <summary>The longest host that DNS can name, in characters (RFC 1035, section 2.3.4, written form, without a final dot).</summary>
    public const int HostCharactersMax = 253;

    private BackendAddress(string host, int port, IPAddress? ip, string? path = null)
    {
        Host = host;
        Port = port;
        Ip = ip;
        Path = path;
    }

    /// <summary>
    /// A lower-case name, or an IP address in its canonical form without brackets. A name with a final dot is absolute: no search
    /// domain is tried for it, so it is not the same as the one without. Empty where there is a <see cref="Path"/>.
    /// </summary>
    public string Host { get; }

    /// <summary>1 to 65535; 0 where there is a <see cref="Path"/>.</summary>
    public int Port { get; }

    /// <summary>The address itself where <see cref="Host"/> is one; null for a name.</summary>
    public IPAddress? Ip { get; }

    /// <summary>The file of the unix socket that it is reached by; null: it is reached by host and port.</summary>
    public string? Path { get; }

    /// <summary>Where it is has to be looked up.</summary>
    public bool IsName => Ip is null && Path is null;

    /// <summary>The server is spoken to by TLS; false: plain; null: nothing is said of it, and where nobody else says something it is plain. By a unix socket it is plain. No part of the identity.</summary>
    public bool? ByTls { get; init; }

    /// <summary>By TLS: whose certificate it is to show, where that is not <see cref="Host"/>; empty: it is. No part of the identity.</summary>
    public string CertifiedHost { get; init; } = "";

    /// <summary>The same server, spoken to in the same way.</summary>
    public bool IsSpokenToAlike(BackendAddress other) =>
        Equals(other) && (ByTls == true) == (other.ByTls == true) && (ByTls != true || CertifiedHost == other.CertifiedHost);

    /// <inheritdoc/>
    public bool Equals(BackendAddress? other) => other is not null && Port == other.Port && Host == other.Host && Path == other.Path;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Port, Path);

    /// <summary>Reads <c>name:port</c>, <c>1.2.3.4:port</c>, <c>[::1]:port</c> or <c>unix:/path</c>.</summary>
    /// <param name="text">What was configured; surrounding white space is not part of it.</param>
    /// <param name="address">The address, when the result is true.</param>
    /// <param name="fault">Why not, as the end of a sentence about <paramref name="text"/>, when the result is false.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out BackendAddress? address, [NotNullWhen(false)] out string? fault)
    {
        address = null;
        text = text.Trim();
        if (text.StartsWith(UnixPath.Scheme + "/", StringComparison.Ordinal))
        {
            string path = text[UnixPath.Scheme.Length..];
            fault = UnixPath.Fault(path);
            address = fault is null ? new BackendAddress("", 0, null, path) { ByTls = false } : null;
            return address is not null;
        }

        string host;
        string port;
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || end + 1 >= text.Length || text[end + 1] != ':')
            {
                fault = "is no [ipv6]:port";
                return false;
            }

            host = text[1..end];
            port = text[(end + 2)..];
            if (!IPAddress.TryParse(host, out var six) || six.AddressFamily != AddressFamily.InterNetworkV6)
            {
                fault = "has no IPv6 address between its brackets";
                return false;
            }
        }
        else
        {
            int colon = text.LastIndexOf(':');
            if (colon < 0)
            {
                fault = "has no port (host:port)";
                return false;
            }

            host = text[..colon];
            port = text[(colon + 1)..];
            if (host.Contains(':', StringComparison.Ordinal))
            {
                fault = "has more than one colon; an IPv6 address is written [::1]:6379";
                return false;
            }
        }

        // int.TryParse takes zeros of C behind a number for nothing.
        if (port.Contains('\0', StringComparison.Ordinal)
            || !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535)
        {
            fault = host + ":" == UnixPath.Scheme ? "has no path behind unix: that begins with /" : "has no port between 1 and 65535";
            return false;
        }

        IPAddress? ip = null;
        if (IsDottedNumber(host))
        {
            // Only the four-part form: 127.1 and 0x7f.1 are spelled so by accident or to hide something.
            if (host.Count(c => c == '.') != 3 || !IPAddress.TryParse(host, out ip) || ip.ToString() != host)
            {
                fault = "has no valid IPv4 address";
                return false;
            }
        }
        else if (text.StartsWith('['))
        {
            ip = IPAddress.Parse(host);
        }
        else if (!IsHostName(host))
        {
            fault = host.Length == 0 ? "has no host" : "has no valid host name";
            return false;
        }

        address = new BackendAddress(ip?.ToString() ?? host.ToLowerInvariant(), number, ip);
        fault = null;
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads back to an equal address.</summary>
    public override string ToString() => Path is not null ? UnixPath.Scheme + Path : Ip?.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool IsDottedNumber(string host) => host.Length > 0 && host.All(c => char.IsAsciiDigit(c) || c == '.');

    // Underscores are no part of a host name by RFC 1123, but container networks hand them out.
    private static bool IsHostName(string host) =>
        (host.EndsWith('.') ? host[..^1] : host) is { Length: > 0 and <= HostCharactersMax } name
        && name.Split('.').All(label => label.Length is > 0 and <= 63
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            && label[0] != '-' && label[^1] != '-');
}
