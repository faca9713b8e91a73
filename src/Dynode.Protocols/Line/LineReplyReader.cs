namespace Dynode.Protocols.Line;

/// <summary>One server's replies: lines.</summary>
internal sealed class LineReplyReader : IReplyReader
{
    /// <summary>The longest reply, its LF included: what nobody reads to the end must end somewhere.</summary>
    public const int ReplyBytesMax = 1 << 20;

    private int _length;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        var status = LineEnd.Find(fresh, ReplyBytesMax - _length, out consumed);
        _length = status == FrameStatus.Complete ? 0 : _length + consumed;
        return status;
    }
}
