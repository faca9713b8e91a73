using System.Buffers;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;

namespace Dynode.Protocols.Line;

/// <summary>
/// Any protocol in which a request is a line, and its reply, if there is one, is a line too. Lines end with LF; a CR before it is
/// a byte like any other.
/// </summary>
public sealed class LineProtocol : IProtocol
{
    /// <inheritdoc/>
    public IRequestReader NewRequestReader(long clientId) => new LineRequestReader();

    /// <inheritdoc/>
    public IReplyReader NewReplyReader() => new LineReplyReader();

    /// <summary>Always normal: which lines are errors is not known here.</summary>
    public ReplyKind Classify(ReadOnlySpan<byte> reply) => ReplyKind.Normal;

    /// <inheritdoc/>
    public ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass) => XxHash3.HashToUInt64(reply);

    /// <summary>Never: no line asks for it.</summary>
    public bool Hides(byte hide, ReadOnlySpan<byte> reply) => false;

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, string text)
    {
        output.Write("ERROR "u8);
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\r\n"u8);
    }

    /// <summary>Nothing: no line is understood by every server.</summary>
    public ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings) => [];

    /// <summary>Nothing: there are no databases.</summary>
    public void WriteSelect(IBufferWriter<byte> output, int database)
    {
    }

    /// <summary>Nothing: there is one protocol.</summary>
    public void WriteProtocol(IBufferWriter<byte> output, byte protocol)
    {
    }

    /// <inheritdoc/>
    public RequestName Describe(ReadOnlySpan<byte> request)
    {
        var line = PrintableText.FirstLine(request);
        return new RequestName(PrintableText.Of(PrintableText.Word(line, 0)), PrintableText.Of(PrintableText.Word(line, 1)));
    }
}
