using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>From where a client comes that uses a unix socket: the kernel has no name for it.</summary>
internal sealed class UnixClient : EndPoint
{
    /// <summary>One is as all.</summary>
    public static readonly UnixClient Instance = new();

    private UnixClient()
    {
    }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>For whoever reads lines and tables.</summary>
    public override string ToString() => "unix";
}
