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
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            if (random.Next(20) == 0) WriteAll(random, bytes, '>', random.Next(4), 1, depth: 0);
            else Write(random, bytes, depth: 0);
        }

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
        switch (random.Next(depth < 5 ? 17 : 12))
        {
            case 0: RespWriter.WriteSimple(bytes, "OK"u8); break;
            case 1: RespWriter.WriteError(bytes, Encoding.Latin1.GetBytes("ERR " + new string('x', random.Next(60)))); break;
            case 2: RespWriter.WriteInteger(bytes, random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(63)); break;
            case 3: bytes.Write("$-1\r\n"u8); break;
            case 4: bytes.Write(random.Next(2) == 0 ? "*-1\r\n"u8 : "+a\rb\nc\n\r\r\n"u8); break;
            case 5: RespWriter.WriteBulk(bytes, "*2\r\n$1\r\na\r\n+OK\r\n"u8); break;
            case 6: RespWriter.WriteBulk(bytes, random.Bytes(random.Next(random.Next(4) == 0 ? 500 : 10))); break;
            case 7: bytes.Write(random.Next(2) == 0 ? "_\r\n"u8 : random.Next(2) == 0 ? "#t\r\n"u8 : "#f\r\n"u8); break;
            case 8: bytes.Write(random.Next(3) switch { 0 => ",-inf\r\n"u8, 1 => ",1.5e-7\r\n"u8, _ => ",\r\r\n"u8 }); break;
            case 9: bytes.Write(random.Next(2) == 0 ? "(3492890328409238509324850943850943825024385\r\n"u8 : "(no number\r\n"u8); break;
            case 10: bytes.Write(random.Next(2) == 0 ? "!7\r\nERR a\r\n\r\n"u8 : "!0\r\n\r\n"u8); break;
            case 11: bytes.Write(random.Next(2) == 0 ? "=8\r\ntxt:a\r\nb\r\n"u8 : "=0\r\n\r\n"u8); break;
            case 12: WriteAll(random, bytes, '~', random.Next(5), 1, depth + 1); break;
            case 13: WriteAll(random, bytes, '%', random.Next(4), 2, depth + 1); break;
            case 14:
                WriteAll(random, bytes, '|', random.Next(3), 2, depth + 1);
                Write(random, bytes, depth + 1);
                break;
            default: WriteAll(random, bytes, '*', random.Next(5), 1, depth + 1); break;
        }
    }

    private static void WriteAll(Random random, IBufferWriter<byte> bytes, char marker, int count, int each, int depth)
    {
        bytes.Write(Encoding.ASCII.GetBytes($"{marker}{count}\r\n"));
        for (int i = 0; i < count * each; i++) Write(random, bytes, depth);
    }
}
