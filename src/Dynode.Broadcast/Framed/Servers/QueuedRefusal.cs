using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Of a request with several replies, the first error before the last one: its client does not see it, and must know of it where the last
/// reply is no more than its consequence. The default value is none. In turns only.
/// </summary>
internal struct QueuedRefusal
{
    /// <summary>Of a longer error its beginning is kept.</summary>
    private const int BytesMax = 512;

    private byte[]? _bytes;
    private int _at;

    /// <summary>Takes an error.</summary>
    /// <param name="reply">Whole.</param>
    /// <param name="at">How many replies came before it.</param>
    public void Take(ReadOnlySpan<byte> reply, int at)
    {
        if (_bytes is null)
            (_bytes, _at) = (reply[..Math.Min(reply.Length, BytesMax)].ToArray(), at);
    }

    /// <summary>What the client gets of the last reply.</summary>
    public readonly ReadOnlySpan<byte> Explained(IProtocol protocol, ReadOnlySpan<byte> last, bool isError) =>
        isError && _bytes is not null && protocol.Explain(last, _bytes, _at) is { } explained ? explained : last;
}
