using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Native.Membership;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;

namespace Dynode.Native.Configuration;

/// <summary>The keys of PROXY headers and unix sockets, as those take them who use it.</summary>
internal static class EdgeValues
{
    /// <summary>What the data plane is told of it.</summary>
    public static BroadcastSettings Edged(EffectiveValues values, BroadcastSettings settings) => settings with
    {
        ProxyVersions = (ProxyVersions)values.Number(EdgeKeys.ProxyProtocol),
        ProxyFrom = NetworkEntries.Of(values[EdgeKeys.ProxyFrom].Value),
        BackendProxy = (ProxyVersions)values.Number(EdgeKeys.BackendProxy),
        ListenUnix = values.Text(EdgeKeys.ListenUnix),
        ListenUnixMode = (UnixFileMode)values.Number(EdgeKeys.ListenUnixMode),
        HandshakeTimeout = values.Duration(TlsKeys.TlsHandshakeTimeout),
    };

    /// <summary>What cannot work, with the values that stand beside it.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="faults">Takes them.</param>
    public static void Check(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        CheckUnix(values, faults);
        EffectiveValue protocol = values[EdgeKeys.ProxyProtocol], from = values[EdgeKeys.ProxyFrom];
        if (values.AreFaulty(EdgeKeys.ProxyProtocol, EdgeKeys.ProxyFrom))
            return;
        bool isOn = protocol.Value.Number > 0, isFromSomewhere = from.Value.Text.Length > 0;
        if (isOn && !isFromSomewhere)
            faults.Add(new(protocol.Source, $"proxy_protocol={protocol.Value.Text} needs proxy_from: from where a header is believed, for whoever sends one says who it is"));
        else if (isFromSomewhere && !isOn)
            faults.Add(new(from.Source, "proxy_from needs proxy_protocol=v1, v2 or any"));
    }

    // One path is one door: the second to be bound would take it from the first, and who asks there would be answered by the other.
    private static void CheckDoors(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ConfigurationKey key in (ConfigurationKey[])[Keys.Control, Keys.Admin, EdgeKeys.ListenUnix])
        {
            // What is faulty has been said, and has no value.
            string text = values[key].IsFaulty ? "" : values.Text(key);
            string path = text.StartsWith(UnixPath.Scheme, StringComparison.Ordinal) ? text[UnixPath.Scheme.Length..] : text;
            if (!path.StartsWith('/'))
                continue;
            string said = Shown.Assignment(key, text);
            if (!taken.TryAdd(Path.GetFullPath(path), said))
                faults.Add(new(values[key].Source, $"{said} and {taken[Path.GetFullPath(path)]} are one path: each needs its own"));
        }
    }

    private static void CheckUnix(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue listen = values[EdgeKeys.ListenUnix], servers = values[Keys.Servers];
        if (!listen.IsFaulty && listen.Value.Text.Length > 0 && UnixPath.Fault(listen.Value.Text, UnixPath.ListenBytesMax) is { } fault)
            faults.Add(new(listen.Source, $"listen_unix={listen.Value.Text} {fault}"));
        CheckDoors(values, faults);
        if (servers.IsFaulty)
            return;
        foreach (BackendAddress server in ServerEntries.AddressesOf(servers.Value).Where(static server => server.Path is not null))
        {
            if (!listen.IsFaulty && server.Path == listen.Value.Text)
                faults.Add(new(servers.Source, $"server {server} is this broadcaster itself (listen_unix={server.Path}): its bytes would go round for ever"));
            else if (!values[OrderedLogKeys.Log].IsFaulty && values.Text(OrderedLogKeys.Log).Length > 0)
                faults.Add(new(servers.Source, UnixServers.WithLog(server)));
        }
    }
}
