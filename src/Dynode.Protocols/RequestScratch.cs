using System.Buffers;

namespace Dynode.Protocols;

/// <summary>
/// Where a <see cref="IRequestReader"/> writes what it answers itself and what is forwarded in place of a request's own bytes.
/// Used again for every request of every client, so that nothing is allocated for it. Owned by whoever calls the reader.
/// </summary>
public sealed class RequestScratch
{
    /// <summary>The client's answer, sent in its turn: behind the answers of all its earlier requests.</summary>
    public ArrayBufferWriter<byte> Answer { get; } = new(256);

    /// <summary>When not empty: what is forwarded (or collected) instead of the request's bytes.</summary>
    public ArrayBufferWriter<byte> Replacement { get; } = new(256);

    /// <summary>What is to stand in the place of <see cref="Replacement"/>, and is made of it.</summary>
    public ArrayBufferWriter<byte> Second { get; } = new(256);

    /// <summary>It does now.</summary>
    public void Replace()
    {
        Replacement.ResetWrittenCount();
        Replacement.Write(Second.WrittenSpan);
        Second.ResetWrittenCount();
    }

    /// <summary>For the next request.</summary>
    public void Clear()
    {
        Second.ResetWrittenCount();
        Answer.ResetWrittenCount();
        Replacement.ResetWrittenCount();
    }
}
