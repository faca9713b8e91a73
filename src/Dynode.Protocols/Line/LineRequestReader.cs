using System.Buffers;

namespace Dynode.Protocols.Line;

/// <summary>One client's requests: lines, each forwarded as it came. It knows nothing of what they say.</summary>
internal sealed class LineRequestReader : IRequestReader
{
    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <summary>A line does not declare its length: what has come.</summary>
    public long DeclaredLength => Length;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed)
    {
        var status = LineEnd.Find(fresh, settings.RequestBytesMax - Length, out consumed);
        Length += consumed;
        return status;
    }

    /// <inheritdoc/>
    public RequestVerdict Judge(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings)
    {
        Length = 0;
        return new RequestVerdict { Replies = settings.RepliesPerLine };
    }

    /// <inheritdoc/>
    public void WriteFault(IBufferWriter<byte> answer) => answer.Write("ERROR line too long\r\n"u8);

    /// <summary>No line selects anything.</summary>
    public void Settle(bool accepted)
    {
    }
}
