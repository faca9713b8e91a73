namespace Dynode.Protocols.Line;

/// <summary>One server's replies: frames with their length before them.</summary>
internal sealed class OctetReplyReader : IReplyReader
{
    private OctetFramer _framer;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        var status = _framer.Advance(fresh, LineReplyReader.ReplyBytesMax, out consumed);
        if (status == FrameStatus.Complete)
            _framer.Next();
        return status;
    }
}
