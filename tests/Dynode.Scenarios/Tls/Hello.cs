using System.Buffers.Binary;
using System.Text;

namespace Dynode.Scenarios.Tls;

/// <summary>The first record of a client that speaks TLS 1.2, with a name of the test's choice in it (RFC 5246, 7.4.1.2; RFC 6066, 3).</summary>
internal static class Hello
{
    /// <summary>The bytes.</summary>
    /// <param name="name">One character a byte.</param>
    public static byte[] Of(string name)
    {
        byte[] host = Encoding.Latin1.GetBytes(name);
        byte[] entry = [0, .. Long(host.Length), .. host];
        byte[] names = [.. Long(entry.Length), .. entry];
        byte[] groups = [0, 2, 0, 23];
        byte[] algorithms = [0, 4, 4, 3, 4, 1];
        byte[] extensions = [0, 0, .. Long(names.Length), .. names, 0, 10, .. Long(groups.Length), .. groups, 0, 13, .. Long(algorithms.Length), .. algorithms];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0, .. Long(extensions.Length), .. extensions];
        byte[] message = [1, 0, .. Long(body.Length), .. body];
        return [22, 3, 1, .. Long(message.Length), .. message];
    }

    private static byte[] Long(int length)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)length);
        return bytes;
    }
}
