using System.Buffers;
using System.Text;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Valid requests of all shapes.</summary>
internal static class RandomRequests
{
    public static byte[] Pipeline(Random random)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            switch (random.Next(8))
            {
                case 0: bytes.Write("*0\r\n"u8); break;
                case 1: bytes.Write("*-1\r\n"u8); break;
                case 2: bytes.Write("PING\r\n"u8); break;
                case 3: bytes.Write(Encoding.Latin1.GetBytes($"set k \"{new string('v', random.Next(50))}\"\n")); break;
                default: Array(random, bytes); break;
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Array(Random random, IBufferWriter<byte> bytes)
    {
        int count = random.Next(1, 6);
        RespWriter.WriteArrayHeader(bytes, count);
        for (int i = 0; i < count; i++)
        {
            // Also bytes that look like a request.
            if (random.Next(5) == 0) RespWriter.WriteBulk(bytes, "*1\r\n$4\r\nPING\r\n"u8);
            else RespWriter.WriteBulk(bytes, random.Bytes(random.Next(4) == 0 ? random.Next(300) : random.Next(12)));
        }
    }
}
