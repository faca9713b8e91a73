using Dynode.Broadcast.Backends;

namespace Dynode.Native.Configuration;

/// <summary>The values of the admin side's keys: judged, and put into the shape that it takes.</summary>
internal static class AdminValues
{
    /// <summary>sun_path holds so many bytes and an end.</summary>
    public const int SocketPathBytesMax = 107;

    private const string Abstract = "abstract";
    private const string Off = "off";
    private const string Unix = "unix:";

    public static ConfigurationValue? Control(ConfigurationKey key, string text, ICollection<string> faults)
    {
        foreach (string word in (string[])[Abstract, Off])
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return new ConfigurationValue(word);
        }

        if (text.StartsWith('/'))
            return Path(key, text, text, faults);
        faults.Add($"{Shown.Assignment(key, text)} is neither {Abstract}, {Off}, nor a path that begins with /");
        return null;
    }

    public static ConfigurationValue? Place(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal))
            return Path(key, text, text[Unix.Length..], faults);
        if (TryRead(text, out _))
            return new ConfigurationValue(text);
        faults.Add($"{Shown.Assignment(key, text)} is no address:port (like 127.0.0.1:9100, [::1]:9100, localhost:9100 or *:9100) and no unix:/path");
        return null;
    }

    public static ConfigurationValue? Names(ConfigurationKey key, string text, ICollection<string> faults)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names)
        {
            if (Uri.CheckHostName(name) != UriHostNameType.Unknown)
                continue;
            faults.Add($"{key.Name}: \"{Shown.Plain(name)}\" is no name of a host");
            return null;
        }

        return new ConfigurationValue(string.Join(", ", names));
    }

    public static ConfigurationValue? Ready(ConfigurationKey key, string text, ICollection<string> faults)
    {
        foreach (string word in (string[])["majority", "all"])
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return new ConfigurationValue(word);
        }

        if (NumberText.TryReadCount(text, out long count) && count <= ConfigurationLimits.ServersMax)
            return new ConfigurationValue(count.ToString(System.Globalization.CultureInfo.InvariantCulture), count);
        faults.Add($"{Shown.Assignment(key, text)} is neither a number from 0 to {ConfigurationLimits.ServersMax}, nor majority, nor all");
        return null;
    }

    /// <summary>The settings of values that have passed every check.</summary>
    public static AdminSettings SettingsOf(EffectiveValues values)
    {
        string control = values.Text(ConfigurationKeys.Control);
        string admin = values.Text(ConfigurationKeys.Admin);
        return new()
        {
            Control = control == Off ? null : control == Abstract ? AbstractOf((int)values.Number(ConfigurationKeys.Port)) : new AdminPlace(control, null, 0),
            Port = admin.Length == 0 ? null
                : admin.StartsWith(Unix, StringComparison.Ordinal) ? new AdminPlace(admin[Unix.Length..], null, 0)
                : TryRead(admin, out var place) ? place : throw new FormatException(admin),
            IsTls = values.Flag(ConfigurationKeys.AdminTls),
            HandshakeTimeout = values.Duration(TlsKeys.TlsHandshakeTimeout),
            Token = values.Secret(ConfigurationKeys.AdminToken),
            Names = [.. values.Text(ConfigurationKeys.AdminNames).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            ReadyServers = values.Text(ConfigurationKeys.ReadyServers) switch
            {
                "majority" => new(ReadyShare.Majority, 0),
                "all" => new(ReadyShare.All, 0),
                _ => new(ReadyShare.Count, (int)values.Number(ConfigurationKeys.ReadyServers)),
            },
        };
    }

    /// <summary>Whether the admin port is a unix socket.</summary>
    public static bool IsUnix(EffectiveValues values) => values.Text(ConfigurationKeys.Admin).StartsWith(Unix, StringComparison.Ordinal);

    /// <summary>The name of the control socket of a broadcaster on that port: no file, known in one network namespace.</summary>
    public static AdminPlace AbstractOf(int port) => new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\0dynode/control/{port}"), null, 0);

    // A name would have to be looked up, and what it leads to is not for the network to say.
    private static bool TryRead(string text, out AdminPlace? place)
    {
        place = null;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !NumberText.TryReadCount(text.AsSpan(colon + 1), out long port) || port is < 1 or > 65535)
            return false;
        string host = text[..colon];
        if (host is "*" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            place = new AdminPlace(null, host.ToLowerInvariant(), (int)port);
        else if (BackendAddress.TryParse(text, out var address, out _) && address.Ip is not null)
            place = new AdminPlace(null, address.Host, (int)port);
        return place is not null;
    }

    private static ConfigurationValue? Path(ConfigurationKey key, string text, string path, ICollection<string> faults)
    {
        int bytes = System.Text.Encoding.UTF8.GetByteCount(path);
        if (path.StartsWith('/') && !path.EndsWith('/') && bytes <= SocketPathBytesMax)
            return new ConfigurationValue(text);
        faults.Add(bytes > SocketPathBytesMax
            ? $"{Shown.Assignment(key, text)}: the path of a unix socket has at most {SocketPathBytesMax} bytes, and this one has {bytes}"
            : $"{Shown.Assignment(key, text)} is no path of a socket that begins with /");
        return null;
    }
}
