namespace Dynode.Protocols;

/// <summary>
/// One server connection's replies: finds where each ends without ever looking at a byte twice. A new connection takes a new
/// one. Owned by its connection's turns.
/// </summary>
public interface IReplyReader
{
    /// <summary>Takes the bytes that follow the last ones taken. After <see cref="FrameStatus.Complete"/> it is ready for the next reply.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="consumed">How many were taken: all, unless a reply ended before.</param>
    FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed);
}
