using Dynode.Broadcast.Plane;

namespace Dynode.Native.Configuration;

/// <summary>The keys of PROXY headers, as those take them who use it.</summary>
internal static class EdgeValues
{
    /// <summary>What the data plane is told of it.</summary>
    public static BroadcastSettings Edged(EffectiveValues values, BroadcastSettings settings) => settings with
    {
        ProxyVersions = (ProxyVersions)values.Number(EdgeKeys.ProxyProtocol),
        ProxyFrom = NetworkEntries.Of(values[EdgeKeys.ProxyFrom].Value),
        BackendProxy = (ProxyVersions)values.Number(EdgeKeys.BackendProxy),
        HandshakeTimeout = values.Duration(TlsKeys.TlsHandshakeTimeout),
    };

    /// <summary>What cannot work, with the values that stand beside it.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="faults">Takes them.</param>
    public static void Check(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue protocol = values[EdgeKeys.ProxyProtocol], from = values[EdgeKeys.ProxyFrom];
        if (values.AreFaulty(EdgeKeys.ProxyProtocol, EdgeKeys.ProxyFrom))
            return;
        bool isOn = protocol.Value.Number > 0, isFromSomewhere = from.Value.Text.Length > 0;
        if (isOn && !isFromSomewhere)
            faults.Add(new(protocol.Source, $"proxy_protocol={protocol.Value.Text} needs proxy_from: from where a header is believed, for whoever sends one says who it is"));
        else if (isFromSomewhere && !isOn)
            faults.Add(new(from.Source, "proxy_from needs proxy_protocol=v1, v2 or any"));
    }
}
