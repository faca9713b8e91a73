using System.Buffers;
using System.Globalization;

namespace Dynode.Protocols.Line;

/// <summary>One client's requests: frames with their length before them, each forwarded as it came, length and all.</summary>
internal sealed class OctetRequestReader : IRequestReader
{
    private OctetFramer _framer;
    private long _requestBytesMax;

    /// <inheritdoc/>
    public long Length => _framer.Length;

    /// <inheritdoc/>
    public long DeclaredLength => _framer.DeclaredLength;

    /// <inheritdoc/>
    public string Fault => _framer.Said(string.Create(CultureInfo.InvariantCulture, $"max_request_bytes={_requestBytesMax}"));

    /// <inheritdoc/>
    public string Part => string.Create(CultureInfo.InvariantCulture, $"half a frame, {Length} bytes of at least {DeclaredLength}");

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed)
    {
        _requestBytesMax = settings.RequestBytesMax;
        return _framer.Advance(fresh, settings.RequestBytesMax, out consumed);
    }

    /// <inheritdoc/>
    public RequestVerdict Judge(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings)
    {
        _framer.Next();
        return new RequestVerdict { Replies = settings.RepliesPerLine };
    }

    /// <inheritdoc/>
    public void WriteFault(IBufferWriter<byte> answer) => LineError.Write(answer, LineFraming.Octet, Fault);

    /// <summary>No frame selects anything.</summary>
    public void Settle(bool accepted)
    {
    }
}
