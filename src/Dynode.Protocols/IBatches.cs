using System.Buffers;

namespace Dynode.Protocols;

/// <summary>What becomes of a request, or of a transaction, in a batch.</summary>
public enum BatchNature
{
    /// <summary>It goes into one: whatever the server says to it, the others are carried out.</summary>
    Batched,

    /// <summary>A server that does not know its name aborts the batch for it: it goes into one where it has been done before.</summary>
    Unknown,

    /// <summary>It would abort a batch: it goes by itself.</summary>
    Apart,
}

/// <summary>What a server says to something of a batch that is ours.</summary>
public enum BatchReply
{
    /// <summary>Something else.</summary>
    Other,

    /// <summary>It was done.</summary>
    Done,

    /// <summary>It is put by, to be done with the batch.</summary>
    Queued,

    /// <summary>The mark is as it should be.</summary>
    Same,

    /// <summary>The mark is another one: what follows is not done.</summary>
    Changed,

    /// <summary>The batch was not done, for the mark is another one.</summary>
    NotDone,

    /// <summary>The batch was done, and its replies follow.</summary>
    Replies,

    /// <summary>An error.</summary>
    Error,
}

/// <summary>What a server says of itself, as far as its watermark is concerned.</summary>
/// <param name="RunId">Of its process; empty: it does not say.</param>
/// <param name="IsCluster">It is one of a cluster: a batch would need keys of one slot.</param>
/// <param name="IsEmpty">It holds no data.</param>
/// <param name="KeepsFile">It writes what it does to a file that it reads when it starts.</param>
/// <param name="Evicts">It throws away any key, when its memory is full.</param>
/// <param name="CutsFile">Of a file that ends in the midst of a batch it leaves nothing of that batch, for certain.</param>
public readonly record struct BatchServer(string RunId, bool IsCluster, bool IsEmpty, bool KeepsFile, bool Evicts = false, bool CutsFile = false)
{
    /// <summary>Its file may have a batch in it that was begun and not ended: what is written behind that would be done with it.</summary>
    public bool MayHaveTornFile => KeepsFile && !CutsFile;
}

/// <summary>Server replies, one by one; where <see cref="IsHeadNext"/> says so, of a list the line alone that it begins with.</summary>
public interface IBatchReplyReader : IReplyReader
{
    /// <summary>The next reply is a batch's: its elements are replies of their own.</summary>
    bool IsHeadNext { get; set; }
}

/// <summary>
/// How a protocol's servers do several requests as one, with a mark in their own data that says how far they have come. A batch is done whole, and moves the mark, or nothing
/// of it is done and the mark is as it was; and none is done whose mark before it is another one: so behind one that was not done nothing is, in order. Stateless; any thread.
/// </summary>
public interface IBatches
{
    /// <summary>Replies of a batch before those of its requests, and the first of them: watched, looked at, begun.</summary>
    const int Heads = 3;

    /// <summary>Begins one.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="key">Of the mark.</param>
    /// <param name="before">What the mark must be.</param>
    void WriteBegin(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> before);

    /// <summary>Ends one: what is the last reply of its list, and then the list.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="key">Of the mark.</param>
    /// <param name="after">What the mark is then.</param>
    void WriteEnd(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> after);

    /// <summary>Asks a server who it is.</summary>
    ReadOnlyMemory<byte> AskWho { get; }

    /// <summary>Has a server write its file anew.</summary>
    ReadOnlyMemory<byte> Rewrite { get; }

    /// <summary>Its answer to <see cref="AskWho"/>.</summary>
    BatchServer ReadWho(ReadOnlyMemory<byte> reply);

    /// <summary>Asks for the mark, and watches it.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Ask(ReadOnlySpan<byte> key);

    /// <summary>A batch of the mark alone, request by request, each reply waited for: done where the mark is as it was when it was asked for.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Fence(ReadOnlySpan<byte> key, ReadOnlySpan<byte> after);

    /// <summary>A batch as any other, of the mark alone, that must not be done: so it is seen whether each part of one is allowed.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Trial(ReadOnlySpan<byte> key, ReadOnlySpan<byte> after);

    /// <summary>Reads the mark.</summary>
    /// <param name="reply">Whole.</param>
    /// <param name="mark">It.</param>
    /// <returns>False: there is none.</returns>
    bool TryReadMark(ReadOnlyMemory<byte> reply, out ReadOnlyMemory<byte> mark);

    /// <summary>What a reply to something of ours is.</summary>
    /// <param name="reply">Whole.</param>
    /// <param name="count">With <see cref="BatchReply.Replies"/>: how many follow.</param>
    BatchReply Read(ReadOnlySpan<byte> reply, out int count);

    /// <summary>What becomes of a request.</summary>
    /// <param name="request">Its first bytes, or all.</param>
    /// <param name="name">By what it is learned; empty: it is not.</param>
    BatchNature NatureOf(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> name);

    /// <summary>What a transaction does, without its beginning and its end.</summary>
    /// <param name="transaction">Whole.</param>
    /// <param name="body">Part of it.</param>
    /// <param name="nature">Of the worst that is in it.</param>
    /// <returns>False: it is not written as expected.</returns>
    bool TryReadTransaction(ReadOnlySpan<byte> transaction, out Range body, out BatchNature nature);

    /// <summary>For a new server connection.</summary>
    IBatchReplyReader NewReplyReader();

    /// <summary>Begins a list of so many replies.</summary>
    void WriteHead(IBufferWriter<byte> output, int count);

    /// <summary>The reply to a request that is put by, and to what is done without a word.</summary>
    ReadOnlyMemory<byte> Queued { get; }

    /// <inheritdoc cref="Queued"/>
    ReadOnlyMemory<byte> Done { get; }
}
