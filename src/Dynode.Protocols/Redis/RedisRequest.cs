using System.Buffers;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>A request as redis takes it, for whoever asks a server by himself.</summary>
public static class RedisRequest
{
    /// <summary>Of these arguments, the command's name first.</summary>
    public static byte[] Of(params ReadOnlySpan<ReadOnlyMemory<byte>> arguments)
    {
        var request = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(request, arguments.Length);
        foreach (var argument in arguments) RespWriter.WriteBulk(request, argument.Span);
        return request.WrittenSpan.ToArray();
    }

    /// <summary>The same of text.</summary>
    public static byte[] Of(params ReadOnlySpan<string> arguments)
    {
        var bytes = new ReadOnlyMemory<byte>[arguments.Length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = Encoding.UTF8.GetBytes(arguments[i]);
        return Of(bytes);
    }
}
