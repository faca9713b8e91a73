using System.Buffers;
using System.Collections.Immutable;
using System.IO.Hashing;

namespace Dynode.Protocols.Memcached;

/// <summary>
/// The text protocol of memcached, classic and meta, as 1.6.18 and later speak it; each request that is forwarded has one reply.
/// Servers before 1.6.10 must not be sent <c>ms</c>: they do not read its block as one.
/// <see href="https://github.com/memcached/memcached/blob/master/doc/protocol.txt"/>
/// </summary>
public sealed class MemcachedProtocol : IProtocol
{
    /// <inheritdoc/>
    public IRequestReader NewRequestReader(long clientId) => new MemcachedRequestReader();

    /// <inheritdoc/>
    public IReplyReader NewReplyReader() => new MemcachedReplyReader();

    /// <summary>ERROR, CLIENT_ERROR and SERVER_ERROR are errors; nothing means "not now".</summary>
    public ReplyKind Classify(ReadOnlySpan<byte> reply) =>
        reply.StartsWith("ERROR"u8) || reply.StartsWith("CLIENT_ERROR"u8) || reply.StartsWith("SERVER_ERROR"u8)
            ? ReplyKind.Error
            : ReplyKind.Normal;

    /// <summary>Reads are get and gets; a meta get may touch what it reads.</summary>
    public RequestNature NatureOf(ReadOnlySpan<byte> request) =>
        PrintableText.Word(PrintableText.FirstLine(request), 0) is var name && (name.SequenceEqual("get"u8) || name.SequenceEqual("gets"u8))
            ? RequestNature.Reads
            : RequestNature.None;

    /// <inheritdoc/>
    public ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass) => XxHash3.HashToUInt64(reply);

    /// <summary>A server's own errors are about its memory.</summary>
    public ReplyForm FormOf(ReadOnlySpan<byte> reply) => reply.StartsWith("SERVER_ERROR"u8) ? ReplyForm.OfState : ReplyForm.Plain;

    /// <inheritdoc/>
    public bool Hides(byte hide, ReadOnlySpan<byte> reply) => MetaHide.Hides(hide, reply);

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, string text) => LocalAnswer.Write(output, LocalAnswer.ServerError, text);

    /// <inheritdoc/>
    public void WriteRefusal(IBufferWriter<byte> output, string text) => LocalAnswer.Write(output, LocalAnswer.ClientError, text);

    /// <summary>Asks for the version: an answer proves that the server is alive, and not its kernel alone.</summary>
    public ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings) =>
        [new PreambleStep("version\r\n"u8.ToArray(), FaultOfVersion) { Traits = MemcachedVersion.Of }];

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

    /// <inheritdoc/>
    public RequestName Describe(ReadOnlySpan<byte> request)
    {
        var line = PrintableText.FirstLine(request);
        var command = PrintableText.Word(line, 0);

        // The time comes first there.
        int key = command.SequenceEqual("gat"u8) || command.SequenceEqual("gats"u8) ? 2 : 1;
        return new RequestName(PrintableText.Of(command), PrintableText.Of(PrintableText.Word(line, key)));
    }

    private static string? FaultOfVersion(ReadOnlyMemory<byte> reply)
    {
        var line = PrintableText.FirstLine(reply.Span);
        if (line.StartsWith(MemcachedVersion.Begin))
            return null;
        return line.SequenceEqual("CLIENT_ERROR unauthenticated"u8)
            ? "it wants a user and a password, which are not supported: start memcached without -Y"
            : $"it is no memcached: it answers version with \"{PrintableText.Of(line)}\"";
    }
}
