using System.Buffers;
using System.Text.Json;

namespace Dynode.Native.Admin;

/// <summary>A JSON document, as the body of an answer: one line, with an end of line behind it.</summary>
internal static class JsonBody
{
    public static ReadOnlyMemory<byte> Of(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(4 << 10);
        using (var json = new Utf8JsonWriter(body))
            write(json);
        body.Write("\n"u8);
        return body.WrittenMemory;
    }
}
