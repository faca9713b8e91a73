using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Backends;

/// <summary>The header by which a server is told whose connection it is (<c>backend_proxy</c>).</summary>
internal static class Introduction
{
    private static readonly byte[] UnknownByOne = [.. "PROXY UNKNOWN\r\n"u8];
    private static readonly byte[] LocalByTwo = Local();

    /// <summary>What it is told; empty: nothing.</summary>
    /// <param name="version">None, or one of both.</param>
    /// <param name="client">Whose connection it is, where that is one client's; one of whom nobody knows where it had connected to is nobody.</param>
    public static ReadOnlyMemory<byte> Of(ProxyVersions version, EndPoint? client)
    {
        if (version == ProxyVersions.None)
            return default;
        bool isOne = version == ProxyVersions.V1;
        if (client is not ReachedEndPoint { Destination: var destination } source)
            return isOne ? UnknownByOne : LocalByTwo;
        byte[] header = new byte[ProxyHeader.V1BytesMax];
        return header.AsMemory(0, isOne ? ProxyWriter.WriteV1(header, source, destination) : ProxyWriter.WriteV2(header, source, destination));
    }

    private static byte[] Local()
    {
        byte[] header = new byte[ProxyHeader.V2BytesMin];
        _ = ProxyWriter.WriteV2Local(header);
        return header;
    }
}
