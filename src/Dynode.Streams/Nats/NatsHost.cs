namespace Dynode.Streams.Nats;

/// <summary>Where a nats-server listens.</summary>
/// <param name="Name">A host name or an address, without brackets.</param>
/// <param name="Port">Of TCP.</param>
public readonly record struct NatsHost(string Name, int Port)
{
    /// <summary>Where none is named.</summary>
    public const int DefaultPort = 4222;

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>[address]</c> or <c>[address]:port</c>.</summary>
    /// <param name="text">What is to be read.</param>
    /// <param name="host">What it says.</param>
    /// <param name="fault">Why it says nothing.</param>
    public static bool TryParse(string text, out NatsHost host, out string fault)
    {
        host = default;
        int end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end == 0 && text.StartsWith('['))
            return Refuse($"'{text}' has no ] behind its address", out fault);
        if (end < 0)
            end = text.Length;
        string name = text[..end];
        string rest = text[end..];
        if (name.StartsWith('['))
        {
            name = name[1..^1];
            if (Uri.CheckHostName(name) != UriHostNameType.IPv6)
                return Refuse($"'{text}' has no address of IPv6 between [ and ]", out fault);
        }
        else if (name.Length == 0)
        {
            return Refuse($"'{text}' has no host", out fault);
        }
        else if (Uri.CheckHostName(name) is not (UriHostNameType.Dns or UriHostNameType.IPv4) || name.Length > 253)
        {
            return Refuse($"'{name}' is no host name and no address", out fault);
        }

        if (rest.Count(c => c == ':') > 1)
            return Refuse($"'{text}': an address of IPv6 is written in [ and ]", out fault);
        int port = DefaultPort;
        if (rest.Length > 0 && (rest[0] != ':' || rest.Length > 6 || !rest[1..].All(char.IsAsciiDigit) || !int.TryParse(rest[1..], out port) || port is < 1 or > 65535))
            return Refuse($"'{text}' has no port from 1 to 65535 behind its host", out fault);
        host = new NatsHost(name, port);
        fault = "";
        return true;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]:{Port}" : $"{Name}:{Port}";

    private static bool Refuse(string why, out string fault)
    {
        fault = why;
        return false;
    }
}
