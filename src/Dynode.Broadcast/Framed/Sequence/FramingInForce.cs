using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>What the protocol is told: the settings in force, and in them what the current servers have said of themselves. In turns only.</summary>
internal sealed class FramingInForce(DataPlane plane)
{
    private ProtocolSettings _settings = plane.Settings.Framing;
    private ProtocolSettings _told = plane.Settings.Framing;
    private ServerTraits _servers = plane.Settings.Framing.Servers;

    /// <summary>A reload changes it, and so do servers that come and go.</summary>
    public ProtocolSettings Settings
    {
        get
        {
            if (!ReferenceEquals(_settings, plane.Settings.Framing))
                Take(plane.Settings.Framing, _servers);
            return _told;
        }
    }

    /// <summary>What all current servers have is this from now on; while none is, it stays as it was.</summary>
    public void ServersHave(ServerTraits servers)
    {
        if (servers != _servers)
            Take(_settings, servers);
    }

    private void Take(ProtocolSettings settings, ServerTraits servers) =>
        (_settings, _servers, _told) = (settings, servers, settings with { Servers = servers });
}
