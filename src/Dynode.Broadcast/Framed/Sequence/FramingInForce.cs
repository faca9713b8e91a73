using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>What the protocol is told when it reads clients: what is configured, and what the servers that are current have in common. In turns only.</summary>
internal sealed class FramingInForce(DataPlane plane)
{
    private ProtocolSettings _configured = plane.Settings.Framing;
    private ProtocolSettings _settings = With(plane.Settings.Framing, null);

    /// <summary>Until the next turn.</summary>
    public ProtocolSettings Settings
    {
        get
        {
            // A reload swaps them whole.
            if (!ReferenceEquals(_configured, plane.Settings.Framing))
                Take(_settings.Servers);
            return _settings;
        }
    }

    /// <summary>What the servers that are current have in common.</summary>
    /// <param name="least">Null: none is current, or none has told. Then what was known last is, and who speaks less is seen when it comes.</param>
    public void ServersAre(ServerTraits? least)
    {
        var servers = least ?? With(_settings, null).Servers;
        if (servers != _settings.Servers)
            Take(servers);
    }

    private void Take(ServerTraits servers)
    {
        _configured = plane.Settings.Framing;
        _settings = With(_configured, servers);
    }

    private static ProtocolSettings With(ProtocolSettings settings, ServerTraits? servers) =>
        settings with { Servers = servers ?? settings.Servers with { ProtocolMax = RequestVerdict.LastProtocol } };
}
