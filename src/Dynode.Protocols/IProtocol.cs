using System.Buffers;
using System.Collections.Immutable;

namespace Dynode.Protocols;

/// <summary>What a server says with a reply.</summary>
public enum ReplyKind : byte
{
    /// <summary>What was asked for.</summary>
    Normal,

    /// <summary>An error like any other: the request was taken, and refused.</summary>
    Error,

    /// <summary>
    /// Not now, and nothing was done: the same request can be sent again later. In a server's own exact words; of a request that runs
    /// a program they may be that program's all the same.
    /// </summary>
    NotNow,

    /// <summary>As a program reports that the server refused it something: of a request that runs none it is an error like any other.</summary>
    NotNowWithin,

    /// <summary>No reply at all, but what a server says of itself, and nobody asks for.</summary>
    Push,
}

/// <summary>One request that a new server connection sends before anything else, and what its reply must be.</summary>
/// <param name="Request">Sent as it is.</param>
/// <param name="Fault">Given the whole reply: null when it is good, else what is wrong with the server, for the operator.</param>
public sealed record PreambleStep(ReadOnlyMemory<byte> Request, Func<ReadOnlyMemory<byte>, string?> Fault)
{
    /// <summary>Given a reply that is good: what the server says of itself; null: nothing.</summary>
    public Func<ReadOnlyMemory<byte>, ServerTraits?>? Traits { get; init; }

    /// <summary>Given a reply without a fault: what it has left unknown, for the operator; null: nothing.</summary>
    public Func<ReadOnlyMemory<byte>, string?> Unknown { get; init; } = static _ => null;

    /// <summary>What a server proves to be free of by a reply that leaves nothing unknown.</summary>
    public ImmutableArray<NotNowCause> Disproves { get; init; } = [];
}

/// <summary>What a request is called in log lines: printable, short.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Key">Its first key; empty where it has none.</param>
public readonly record struct RequestName(string Command, string Key);

/// <summary>One framed protocol: the only thing that the data plane knows of it. Stateless; any thread.</summary>
public interface IProtocol
{
    /// <summary>Bytes of a reply by which its kind is known: a line of error text with the name of what it is about.</summary>
    const int ReplyHeadBytesMax = 512;

    /// <summary>For a new client.</summary>
    /// <param name="clientId">Its number, 1 for the first.</param>
    IRequestReader NewRequestReader(long clientId);

    /// <summary>For a new server connection.</summary>
    IReplyReader NewReplyReader();

    /// <summary>What a reply is.</summary>
    /// <param name="reply">Whole, or by its first bytes: at least <see cref="ReplyHeadBytesMax"/>.</param>
    ReplyKind Classify(ReadOnlySpan<byte> reply);

    /// <summary>Why, where <see cref="Classify"/> says not now, in either way.</summary>
    /// <param name="reply">As there.</param>
    NotNowCause CauseOf(ReadOnlySpan<byte> reply) => NotNowCause.None;

    /// <summary>What is known of a request, for when a reply is in doubt: slow.</summary>
    /// <param name="request">Its first bytes as they were forwarded.</param>
    RequestNature NatureOf(ReadOnlySpan<byte> request) => RequestNature.None;

    /// <summary>What a server is asked, in order, when it is not known whether it has said "not now".</summary>
    /// <param name="knows">Of which causes its preamble has shown that it is free: then it lets itself be asked about them.</param>
    ImmutableArray<NotNowQuestion> Questions(IReadOnlyCollection<NotNowCause> knows) => [];

    /// <summary>Of what <see cref="Classify"/> calls a push: which kind, for the operator; empty: it does not say.</summary>
    /// <param name="push">Whole, or its first bytes.</param>
    string NamePush(ReadOnlySpan<byte> push) => "";

    /// <summary>A hash that is equal for replies that are equal by <paramref name="replyClass"/>.</summary>
    /// <param name="reply">Whole.</param>
    /// <param name="replyClass">Not <see cref="ReplyClass.Own"/>.</param>
    ulong Hash(ReadOnlySpan<byte> reply, ReplyClass replyClass);

    /// <summary>What a reply is to whoever compares it with one of a server that may be asked in another protocol, and has a memory, a disk and users of its own.</summary>
    /// <param name="reply">Whole, or what it begins with.</param>
    ReplyForm FormOf(ReadOnlySpan<byte> reply) => ReplyForm.Plain;

    /// <summary>Writes a reply so that the cursor which it gives says whose it is; of a long one the first part.</summary>
    /// <param name="reply">From its first byte on.</param>
    /// <param name="origin">Whose; from 1 to <see cref="RequestVerdict.OriginMax"/>.</param>
    /// <param name="output">Takes it.</param>
    /// <returns>False: it stays as it is.</returns>
    bool TryMarkCursor(ReadOnlySpan<byte> reply, int origin, IBufferWriter<byte> output) => false;

    /// <summary>Whether a client that asked for <paramref name="hide"/> does not get to see a reply.</summary>
    /// <param name="hide">Neither 0 nor <see cref="RequestVerdict.HidesAll"/>.</param>
    /// <param name="reply">By its first bytes: 64 of them, or all.</param>
    bool Hides(byte hide, ReadOnlySpan<byte> reply);

    /// <summary>An error of the broadcaster's own, in the protocol's form.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="text">One line, without the protocol's framing.</param>
    void WriteError(IBufferWriter<byte> output, string text);

    /// <summary>The same where the client asked for what is beyond a bound, and no server is at fault.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="text">One line, without the protocol's framing.</param>
    void WriteRefusal(IBufferWriter<byte> output, string text) => WriteError(output, text);

    /// <summary>
    /// Of a request with several replies the client sees the last alone: what it gets in place of an error that says no more than that there
    /// was one before it.
    /// </summary>
    /// <param name="last">The last reply, an error.</param>
    /// <param name="refusal">The first error before it, or its beginning.</param>
    /// <param name="at">Which reply that was, 0 for the first.</param>
    /// <returns>Null: what it says is enough.</returns>
    byte[]? Explain(ReadOnlySpan<byte> last, ReadOnlySpan<byte> refusal, int at);

    /// <summary>What a new server connection says first, in order, each reply waited for.</summary>
    ImmutableArray<PreambleStep> Preamble(ProtocolSettings settings);

    /// <summary>The request that makes <paramref name="database"/> the one in force on a server connection; called only where verdicts name databases other than 0.</summary>
    void WriteSelect(IBufferWriter<byte> output, int database);

    /// <summary>The request that makes <paramref name="protocol"/> the one in force on a server connection; called only where verdicts name others than the first.</summary>
    void WriteProtocol(IBufferWriter<byte> output, byte protocol);

    /// <summary>How its servers do several requests as one; null: they do not.</summary>
    IBatches? Batches => null;

    /// <summary>How its servers note who delivers to them; null: they do not.</summary>
    IOwnerKey? Owners => null;

    /// <summary>How a request is called.</summary>
    /// <param name="request">Its first bytes as they were forwarded, at least <see cref="IRequestReader.HeadBytesMax"/> or all.</param>
    RequestName Describe(ReadOnlySpan<byte> request);
}
