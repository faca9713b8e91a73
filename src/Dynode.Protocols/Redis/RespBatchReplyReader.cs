namespace Dynode.Protocols.Redis;

/// <summary>Finds the ends of replies, and of the line that a batch's list begins with. Owned as its connection is.</summary>
internal sealed class RespBatchReplyReader : IBatchReplyReader
{
    /// <summary>'*', digits, CRLF: what is longer is no list.</summary>
    private const int LineBytesMax = 24;

    private readonly RespReplyReader _replies = new();
    private int _line;
    private bool _isInLine;
    private bool _isWithin;

    /// <inheritdoc/>
    public bool IsHeadNext { get; set; }

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        if (!_isWithin && !fresh.IsEmpty) _isInLine = IsHeadNext && fresh[0] == (byte)'*';
        _isWithin |= !fresh.IsEmpty;
        var status = _isInLine ? AdvanceLine(fresh, out consumed) : _replies.Advance(fresh, out consumed);
        if (status == FrameStatus.Complete) (_isWithin, _isInLine, _line) = (false, false, 0);
        return status;
    }

    private FrameStatus AdvanceLine(ReadOnlySpan<byte> fresh, out int consumed)
    {
        int end = fresh.IndexOf((byte)'\n');
        consumed = end < 0 ? fresh.Length : end + 1;
        _line += consumed;
        if (_line > LineBytesMax) return FrameStatus.Malformed;
        return end < 0 ? FrameStatus.NeedMore : FrameStatus.Complete;
    }
}
