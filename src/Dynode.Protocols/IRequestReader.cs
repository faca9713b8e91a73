using System.Buffers;

namespace Dynode.Protocols;

/// <summary>
/// One client's requests: finds where each ends without ever looking at a byte twice, and says what is to become of it. It
/// keeps what the protocol ties to a connection (redis: the database, a transaction, whether it may speak). Bytes in,
/// verdicts out; no socket, no clock. Owned by its client's turns.
/// <code>
///   Advance ─NeedMore─▶ Advance … ─Complete─▶ Judge ─▶ the next request
///                                 ─Malformed─▶ WriteFault, and the client is closed
/// </code>
/// </summary>
public interface IRequestReader
{
    /// <summary>
    /// A request's first bytes that <see cref="Judge"/> may look at: names, keys and flags are there. Of a longer request it
    /// is given at least so many, of a shorter one all.
    /// </summary>
    const int HeadBytesMax = 32 << 10;

    /// <summary>Takes the bytes that follow the last ones taken.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="settings">Those in force.</param>
    /// <param name="consumed">How many were taken: all, unless a request ended before.</param>
    FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed);

    /// <summary>Bytes of the current request that were taken; of a complete one, its length.</summary>
    long Length { get; }

    /// <summary>The least length that the current request will have, by what it has declared so far; never below <see cref="Length"/>.</summary>
    long DeclaredLength { get; }

    /// <summary>After <see cref="FrameStatus.Complete"/>: decides, and is ready for the next request.</summary>
    /// <param name="head">The request from its first byte: whole, or at least <see cref="HeadBytesMax"/> of it.</param>
    /// <param name="scratch">Empty.</param>
    /// <param name="settings">Those in force.</param>
    RequestVerdict Judge(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings);

    /// <summary>After <see cref="FrameStatus.Malformed"/>: the protocol's error, for the client to read before it is closed.</summary>
    void WriteFault(IBufferWriter<byte> answer);

    /// <summary>
    /// After <see cref="FrameStatus.Malformed"/>, and after a verdict that closes the client for what it sent: what is wrong, for the
    /// log; it names the limit. Empty: nothing is wrong.
    /// </summary>
    string Fault { get; }

    /// <summary>While <see cref="Length"/> is above 0: what of a request is here, should nothing more come; for the log.</summary>
    string Part { get; }

    /// <summary>How the request ended whose verdict had <see cref="RequestVerdict.Selects"/>.</summary>
    void Settle(bool accepted);
}
