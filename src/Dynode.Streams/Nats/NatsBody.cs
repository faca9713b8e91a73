using System.Buffers;
using Dynode.Log;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>Bytes as they are: nothing is made of them on their way into the library.</summary>
internal sealed class NatsBody : INatsSerialize<ReadOnlyMemory<byte>>, INatsSerialize<PageChain>
{
    public static readonly NatsBody AsItIs = new();

    public void Serialize(IBufferWriter<byte> bufferWriter, ReadOnlyMemory<byte> value) => bufferWriter.Write(value.Span);

    /// <summary>Asked for in one piece, which the library would else double again and again.</summary>
    public void Serialize(IBufferWriter<byte> bufferWriter, PageChain value)
    {
        int length = (int)value.Length;
        if (length == 0)
            return;
        value.Read(0, bufferWriter.GetSpan(length)[..length]);
        bufferWriter.Advance(length);
    }
}
