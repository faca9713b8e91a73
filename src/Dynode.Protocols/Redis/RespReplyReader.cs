namespace Dynode.Protocols.Redis;

/// <inheritdoc cref="IReplyReader"/>
internal sealed class RespReplyReader : IReplyReader
{
    private RespReplyFramer _framer;
    private bool _isWithin;
    private bool _isPush;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        // Nobody asks for any.
        _isPush |= !_isWithin && !fresh.IsEmpty && fresh[0] == '>';
        if (_isPush)
        {
            consumed = 0;
            return FrameStatus.Malformed;
        }

        var status = _framer.Advance(fresh, out consumed);
        _isWithin = status == FrameStatus.NeedMore;
        return status;
    }
}
