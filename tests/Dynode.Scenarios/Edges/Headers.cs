using System.Buffers.Binary;
using System.Net;
using System.Text;
using Dynode.Broadcast.Proxy;

namespace Dynode.Scenarios.Edges;

/// <summary>PROXY headers as proxies send them.</summary>
internal static class Headers
{
    /// <summary>Where a proxy's clients connect to.</summary>
    private static readonly IPEndPoint Destination = IPEndPoint.Parse("192.0.2.1:6379");

    /// <summary>Version 1 or 2, of a client.</summary>
    public static byte[] Of(int version, string client)
    {
        byte[] bytes = new byte[ProxyHeader.V1BytesMax];
        var source = IPEndPoint.Parse(client);
        return bytes[..(version == 1 ? ProxyWriter.WriteV1(bytes, source, Destination) : ProxyWriter.WriteV2(bytes, source, Destination))];
    }

    /// <summary>Of a proxy that speaks for itself.</summary>
    public static byte[] Local(int version) => version == 1 ? "PROXY UNKNOWN\r\n"u8.ToArray() : Binary("", 0x20, 0, 0);

    /// <summary>Version 1, so long that it has this many bytes with its end of line.</summary>
    public static byte[] Long(int bytes) => Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', bytes - 16) + "\r\n");

    /// <summary>Version 2 of 203.0.113.7:4711 with so many bytes in all, filled by a vector that says nothing.</summary>
    public static byte[] Padded(int bytes) => Binary(Encoding.Latin1.GetString([203, 0, 113, 7, 192, 0, 2, 1, 18, 103, 24, 235]), 0x21, 0x11, bytes - 28);

    /// <summary>A request behind a header.</summary>
    public static byte[] With(this byte[] header, string text) => [.. header, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Binary(string addresses, byte command, byte family, int vectorBytes)
    {
        byte[] head = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, command, family, 0, 0];
        byte[] vector = new byte[vectorBytes];
        if (vectorBytes > 0)
        {
            vector[0] = 4;
            BinaryPrimitives.WriteUInt16BigEndian(vector.AsSpan(1), (ushort)(vectorBytes - 3));
        }

        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(14), (ushort)(addresses.Length + vectorBytes));
        return [.. head, .. Encoding.Latin1.GetBytes(addresses), .. vector];
    }
}
