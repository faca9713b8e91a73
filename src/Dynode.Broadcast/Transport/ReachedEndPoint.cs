using System.Net;

namespace Dynode.Broadcast.Transport;

/// <summary>From where a client comes, and where it had connected to: as its proxy says, or at this broadcaster where servers are told.</summary>
internal sealed class ReachedEndPoint(IPEndPoint source, IPEndPoint destination) : IPEndPoint(source.Address, source.Port)
{
    /// <summary>The other end, as the client saw it.</summary>
    public IPEndPoint Destination => destination;
}
