using System.Buffers;
using System.Globalization;

namespace Dynode.Protocols.Line;

/// <summary>
/// One client's requests: lines, each forwarded as it came. It knows nothing of what they say, but for one thing: frames with their
/// length before them, of a client that was not set up as this broadcaster is, are a fault where they are no lines (<see cref="CountedLine"/>).
/// </summary>
internal sealed class LineRequestReader : IRequestReader
{
    private CountedLine _counted;
    private bool _mayBeFrame;

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <summary>A line does not declare its length: what has come.</summary>
    public long DeclaredLength => Length;

    /// <inheritdoc/>
    public string Fault { get; private set; } = "";

    /// <inheritdoc/>
    public string Part => string.Create(CultureInfo.InvariantCulture, $"half a line, {Length} bytes without LF")
        + (_mayBeFrame && _counted.IsFrame ? " (it begins with its length, see line_framing)" : "");

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed)
    {
        if (Length == 0)
        {
            _mayBeFrame = !fresh.IsEmpty && CountedLine.MayBegin(fresh[0]);
            _counted = default;
        }

        var status = LineEnd.Find(fresh, settings.RequestBytesMax - Length, out consumed);
        if (_mayBeFrame && consumed > 0 && _counted.IsContradicted(fresh[..consumed], Length, status == FrameStatus.Complete, out int known))
        {
            consumed = known;
            Fault = "a line begins with its length (octet counting), and does not end there; frames need line_framing=octet";
            status = FrameStatus.Malformed;
        }
        else if (status == FrameStatus.Malformed)
        {
            Fault = string.Create(CultureInfo.InvariantCulture, $"line too long: longer than max_request_bytes={settings.RequestBytesMax}");
        }

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
    public void WriteFault(IBufferWriter<byte> answer) => LineError.Write(answer, LineFraming.Lf, Fault);

    /// <summary>No line selects anything.</summary>
    public void Settle(bool accepted)
    {
    }
}
