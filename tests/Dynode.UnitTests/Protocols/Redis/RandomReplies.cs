using System.Buffers;
using System.Text;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Valid replies of all shapes.</summary>
internal static class RandomReplies
{
    public static byte[] Pipeline(Random random)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (int i = random.Next(1, 6); i > 0; i--) Write(random, bytes, depth: 0);
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] One(Random random)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Write(random, bytes, depth: 0);
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Random random, IBufferWriter<byte> bytes, int depth)
    {
        switch (random.Next(depth < 5 ? 10 : 7))
        {
            case 0: RespWriter.WriteSimple(bytes, "OK"u8); break;
            case 1: RespWriter.WriteError(bytes, Encoding.Latin1.GetBytes("ERR " + new string('x', random.Next(60)))); break;
            case 2: RespWriter.WriteInteger(bytes, random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(63)); break;
            case 3: bytes.Write("$-1\r\n"u8); break;
            case 4: bytes.Write(random.Next(2) == 0 ? "*-1\r\n"u8 : "+a\rb\nc\n\r\r\n"u8); break;
            case 5: RespWriter.WriteBulk(bytes, "*2\r\n$1\r\na\r\n+OK\r\n"u8); break;
            case 6: RespWriter.WriteBulk(bytes, random.Bytes(random.Next(random.Next(4) == 0 ? 500 : 10))); break;
            default:
                int count = random.Next(5);
                RespWriter.WriteArrayHeader(bytes, count);
                for (int i = 0; i < count; i++) Write(random, bytes, depth + 1);
                break;
        }
    }
}
