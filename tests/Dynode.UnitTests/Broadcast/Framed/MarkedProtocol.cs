using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed;

/// <summary>A protocol in which a letter says all: replies that begin with H are those that a client may ask to hide, our own errors begin with !.</summary>
internal sealed class MarkedProtocol : IProtocol
{
    public IRequestReader NewRequestReader(long clientId) => throw new NotSupportedException();

    public IReplyReader NewReplyReader() => throw new NotSupportedException();

    public ReplyKind Classify(ReadOnlySpan<byte> reply) => ReplyKind.Normal;

    public ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass) => reply[0];

    public bool Hides(byte hide, ReadOnlySpan<byte> reply) => reply[0] == 'H';

    public void WriteError(IBufferWriter<byte> output, string text) => output.Write(Encoding.UTF8.GetBytes($"!{text}\n"));

    public byte[]? Explain(ReadOnlySpan<byte> last, ReadOnlySpan<byte> refusal, int at) => null;

    public ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings) => [];

    public void WriteSelect(IBufferWriter<byte> output, int database)
    {
    }

    public void WriteProtocol(IBufferWriter<byte> output, byte protocol)
    {
    }

    public RequestName Describe(ReadOnlySpan<byte> request) => new("?", "");
}
