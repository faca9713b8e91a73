using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>RESP on its way out, where the two protocols differ in the one that is asked for: https://redis.io/docs/latest/develop/reference/protocol-spec/</summary>
internal static class RespWriter
{
    // A marker, 20 digits at most, CRLF.
    private const int LineBytesMax = 23;

    /// <summary>Begins an array; so many elements must follow.</summary>
    public static void WriteArrayHeader(IBufferWriter<byte> output, int count) => WriteNumberLine(output, '*', count);

    /// <summary>Begins a map; so many keys must follow, each with its value. In RESP2 it is an array.</summary>
    public static void WriteMapHeader(IBufferWriter<byte> output, int pairs, byte protocol)
    {
        if (protocol >= 3) WriteNumberLine(output, '%', pairs);
        else WriteArrayHeader(output, pairs * 2);
    }

    /// <summary>Begins a set; so many elements must follow. In RESP2 it is an array.</summary>
    public static void WriteSetHeader(IBufferWriter<byte> output, int count, byte protocol) =>
        WriteNumberLine(output, protocol >= 3 ? '~' : '*', count);

    /// <summary>Nothing, in place of a bulk.</summary>
    public static void WriteNull(IBufferWriter<byte> output, byte protocol) => output.Write(protocol >= 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>A text for people. In RESP2 it is a bulk.</summary>
    public static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<byte> text, byte protocol)
    {
        if (protocol < 3)
        {
            WriteBulk(output, text);
            return;
        }

        WriteNumberLine(output, '=', text.Length + 4);
        output.Write("txt:"u8);
        output.Write(text);
        output.Write("\r\n"u8);
    }

    /// <summary>Any bytes, with their length before them.</summary>
    public static void WriteBulk(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        WriteNumberLine(output, '$', bytes.Length);
        output.Write(bytes);
        output.Write("\r\n"u8);
    }

    /// <summary>An integer reply.</summary>
    public static void WriteInteger(IBufferWriter<byte> output, long value) => WriteNumberLine(output, ':', value);

    /// <summary>A status such as OK.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="text">Line ends in it become spaces: they would end the reply.</param>
    public static void WriteSimple(IBufferWriter<byte> output, ReadOnlySpan<byte> text) => WriteTextLine(output, '+', text);

    /// <summary>An error.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="text">Its code and what it says, without the '-'; line ends in it become spaces, as in redis.</param>
    public static void WriteError(IBufferWriter<byte> output, ReadOnlySpan<byte> text) => WriteTextLine(output, '-', text);

    /// <inheritdoc cref="WriteError(IBufferWriter{byte}, ReadOnlySpan{byte})"/>
    public static void WriteError(IBufferWriter<byte> output, string text) => WriteError(output, Encoding.UTF8.GetBytes(text));

    private static void WriteNumberLine(IBufferWriter<byte> output, char marker, long value)
    {
        var line = output.GetSpan(LineBytesMax);
        line[0] = (byte)marker;
        Utf8Formatter.TryFormat(value, line[1..], out int digits);
        "\r\n"u8.CopyTo(line[(1 + digits)..]);
        output.Advance(digits + 3);
    }

    private static void WriteTextLine(IBufferWriter<byte> output, char marker, ReadOnlySpan<byte> text)
    {
        var line = output.GetSpan(text.Length + 3);
        line[0] = (byte)marker;
        var said = line.Slice(1, text.Length);
        text.CopyTo(said);
        said.Replace((byte)'\r', (byte)' ');
        said.Replace((byte)'\n', (byte)' ');
        "\r\n"u8.CopyTo(line[(1 + text.Length)..]);
        output.Advance(text.Length + 3);
    }
}
