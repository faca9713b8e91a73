namespace Dynode.Protocols.Redis;

/// <inheritdoc cref="IReplyReader"/>
internal sealed class RespReplyReader : IReplyReader
{
    private RespReplyFramer _framer;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed) => _framer.Advance(fresh, out consumed);
}
