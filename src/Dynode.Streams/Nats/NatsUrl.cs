namespace Dynode.Streams.Nats;

/// <summary>What <c>log=</c> names: <c>nats://host:port[,host:port]/stream</c>, or <c>nats+tls://</c> for the same within TLS.</summary>
/// <param name="Hosts">Any of them leads to the stream; at least one.</param>
/// <param name="Stream">Its name.</param>
/// <param name="IsTls">Everything goes within TLS.</param>
public sealed record NatsUrl(IReadOnlyList<NatsHost> Hosts, string Stream, bool IsTls)
{
    /// <summary>More are a list that nobody reads.</summary>
    public const int HostsMax = 16;

    /// <summary>The bucket's name is made of it, and has to stay a file name.</summary>
    public const int StreamLengthMax = 64;

    private const string Plain = "nats://";
    private const string Tls = "nats+tls://";
    private const string Form = "it is nats://host:port/stream or nats+tls://host:port/stream, with more hosts behind commas";

    /// <summary>Reads it.</summary>
    /// <param name="text">As in the configuration.</param>
    /// <param name="url">What it names; null: nothing.</param>
    /// <param name="fault">What is to be changed; quotes nothing that may be a password.</param>
    public static bool TryParse(string text, out NatsUrl? url, out string fault)
    {
        url = null;
        fault = Judge(text, out bool isTls, out string[] hosts, out string stream);
        if (fault.Length > 0)
            return false;
        var parsed = new List<NatsHost>();
        foreach (string each in hosts)
        {
            if (!NatsHost.TryParse(each, out NatsHost host, out fault))
                return false;
            if (parsed.Contains(host))
            {
                fault = $"{host} is named twice";
                return false;
            }

            parsed.Add(host);
        }

        url = new NatsUrl(parsed, stream, isTls);
        return true;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => $"{(IsTls ? Tls : Plain)}{string.Join(',', Hosts)}/{Stream}";

    private static string Judge(string text, out bool isTls, out string[] hosts, out string stream)
    {
        isTls = text.StartsWith(Tls, StringComparison.Ordinal);
        hosts = [];
        stream = "";
        if (!isTls && !text.StartsWith(Plain, StringComparison.Ordinal))
            return $"it begins neither with {Plain} nor with {Tls}: {Form}";
        string rest = text[(isTls ? Tls : Plain).Length..];
        if (rest.Contains('@', StringComparison.Ordinal))
            return "no user and no password stand in it: log_user, log_password, log_token and log_creds say who logs in";
        if (rest.Any(c => c <= ' ' || c > '~'))
            return $"it holds a space, or what is not ASCII: {Form}";
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == rest.Length - 1)
            return $"the stream's name is missing: {Form}";
        stream = rest[(slash + 1)..];
        if (stream.Length > StreamLengthMax)
            return $"the stream's name has {stream.Length} characters: at most {StreamLengthMax} are allowed";
        if (!stream.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            return $"'{stream}' is no name of a stream: letters, digits, - and _ alone are allowed";
        hosts = rest[..slash].Split(',');
        if (hosts.Length > HostsMax)
            return $"it names {hosts.Length} hosts: at most {HostsMax} are allowed";
        return hosts.Any(host => host.Length == 0) ? $"a host is missing: {Form}" : "";
    }
}
