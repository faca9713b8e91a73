using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;

namespace Dynode.Protocols.Redis;

/// <summary>redis in RESP2 and RESP3, for clients and servers: https://redis.io/docs/latest/develop/reference/protocol-spec/. But for scripts that clients have sent, which their readers know, stateless; any thread.</summary>
public sealed class RedisProtocol : IProtocol
{
    private readonly ScriptBodies _scripts = new();

    /// <inheritdoc/>
    public IRequestReader NewRequestReader(long clientId) => new RedisRequestReader(clientId, _scripts);

    /// <inheritdoc/>
    public IReplyReader NewReplyReader() => new RespReplyReader();

    /// <inheritdoc/>
    public ReplyKind Classify(ReadOnlySpan<byte> reply) => RespReplyKind.Classify(reply);

    /// <inheritdoc/>
    public NotNowCause CauseOf(ReadOnlySpan<byte> reply)
    {
        RespReplyKind.Classify(reply, out var cause);
        return cause;
    }

    /// <inheritdoc/>
    public bool TryMarkCursor(ReadOnlySpan<byte> reply, int origin, IBufferWriter<byte> output) => RedisCursor.TryMark(reply, origin, output);

    /// <inheritdoc/>
    public RequestNature NatureOf(ReadOnlySpan<byte> request) => RedisNatures.Of(request);

    /// <inheritdoc/>
    public ImmutableArray<NotNowQuestion> Questions(IReadOnlyCollection<NotNowCause> knows) => RedisPreamble.Questions(knows);

    /// <inheritdoc/>
    public string NamePush(ReadOnlySpan<byte> push) => RespReplyKind.NamePush(push);

    /// <inheritdoc/>
    public ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass) => RespReplyHash.Hash(reply, replyClass);

    /// <inheritdoc/>
    public ReplyForm FormOf(ReadOnlySpan<byte> reply) => RespReplyForm.Of(reply);

    /// <summary>Never: redis hides all replies or none.</summary>
    public bool Hides(byte hide, ReadOnlySpan<byte> reply) => false;

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, string text) => RespWriter.WriteError(output, $"ERR {text}");

    /// <inheritdoc/>
    public ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings) => RedisPreamble.Steps(settings);

    /// <inheritdoc/>
    public byte[]? Explain(ReadOnlySpan<byte> last, ReadOnlySpan<byte> refusal, int at) => RedisAbort.Explain(last, refusal, at);

    /// <inheritdoc/>
    public IBatches Batches => RedisBatches.Instance;

    /// <inheritdoc/>
    public IOwnerKey Owners => RedisOwnerKey.Instance;

    /// <inheritdoc/>
    public void WriteSelect(IBufferWriter<byte> output, int database) => WriteNumbered(output, "SELECT"u8, database);

    /// <inheritdoc/>
    public void WriteProtocol(IBufferWriter<byte> output, byte protocol) => WriteNumbered(output, "HELLO"u8, protocol);

    /// <summary>
    /// Name and first key, of at most 64 characters each; of a transaction MULTI and the first key that its first request has.
    /// Of a name or key that does not lie whole in the bytes at hand: nothing.
    /// </summary>
    public RequestName Describe(ReadOnlySpan<byte> request)
    {
        var arguments = new RequestArguments(request);
        arguments.TryNext(out var name);
        var fact = RedisFacts.Find(name, out _);
        string shown = Printable.Of(name).ToUpperInvariant();
        if (fact.Rule == RedisRule.Multi) return new(shown, arguments.Rest.IsEmpty ? "" : Describe(arguments.Rest).Key);
        if (fact is { Rule: RedisRule.ForwardUnlessBlocking, OptionsAt: 0 })
        {
            ReadOptions.MayBlock(ref arguments);
        }
        else
        {
            if (fact.Key == 0) return new(shown, "");
            ReadOnlySpan<byte> before = default;
            for (int i = 1; i < fact.Key; i++) arguments.TryNext(out before);
            // A script that has no keys: what follows are its other arguments.
            if (before.SequenceEqual("0"u8)) return new(shown, "");
        }

        return new(shown, arguments.TryNext(out var key) ? Printable.Of(key) : "");
    }

    private static void WriteNumbered(IBufferWriter<byte> output, ReadOnlySpan<byte> name, int number)
    {
        Span<byte> digits = stackalloc byte[11];
        Utf8Formatter.TryFormat(number, digits, out int length);
        RespWriter.WriteArrayHeader(output, 2);
        RespWriter.WriteBulk(output, name);
        RespWriter.WriteBulk(output, digits[..length]);
    }
}
