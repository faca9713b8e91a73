using System.Buffers;
using System.Collections.Immutable;
using System.IO.Hashing;

namespace Dynode.Protocols.Line;

/// <summary>
/// Any protocol in which a request is a line, and its reply, if there is one, is a line too. Lines end with LF; a CR before it is
/// a byte like any other. Or, in place of lines, frames with their length before them.
/// </summary>
/// <param name="framing">That of requests and replies.</param>
public sealed class LineProtocol(LineFraming framing = LineFraming.Lf) : IProtocol
{
    private bool IsOctet => framing == LineFraming.Octet;

    /// <inheritdoc/>
    public IRequestReader NewRequestReader(long clientId) => IsOctet ? new OctetRequestReader() : new LineRequestReader();

    /// <inheritdoc/>
    public IReplyReader NewReplyReader() => IsOctet ? new OctetReplyReader() : new LineReplyReader();

    /// <summary>Always normal: which lines are errors is not known here.</summary>
    public ReplyKind Classify(ReadOnlySpan<byte> reply) => ReplyKind.Normal;

    /// <inheritdoc/>
    public ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass) => XxHash3.HashToUInt64(reply);

    /// <summary>Never: no line asks for it.</summary>
    public bool Hides(byte hide, ReadOnlySpan<byte> reply) => false;

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, string text) => LineError.Write(output, framing, text);

    /// <summary>Nothing: no line is understood by every server.</summary>
    public ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings) => [];

    /// <summary>Nothing: each request has one reply.</summary>
    public byte[]? Explain(ReadOnlySpan<byte> last, ReadOnlySpan<byte> refusal, int at) => null;

    /// <summary>Nothing: there are no databases.</summary>
    public void WriteSelect(IBufferWriter<byte> output, int database)
    {
    }

    /// <summary>Nothing: there is one protocol.</summary>
    public void WriteProtocol(IBufferWriter<byte> output, byte protocol)
    {
    }

    /// <summary>Its first two words, those of a frame without its length.</summary>
    public RequestName Describe(ReadOnlySpan<byte> request)
    {
        var line = PrintableText.FirstLine(request);
        int first = IsOctet ? 1 : 0;
        return new RequestName(PrintableText.Of(PrintableText.Word(line, first)), PrintableText.Of(PrintableText.Word(line, first + 1)));
    }
}
