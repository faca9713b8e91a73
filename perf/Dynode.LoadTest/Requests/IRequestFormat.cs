namespace Dynode.LoadTest.Requests;

/// <summary>
/// How requests and replies look in one protocol. A request is decided by its client and its sequence number to the last byte, and
/// so is its reply: whoever reads one knows what it must be. Immutable.
/// </summary>
internal interface IRequestFormat
{
    int ReplyLength { get; }

    /// <summary>Of one request, in bytes.</summary>
    int Length(int client, long sequence);

    /// <summary>Writes exactly <see cref="Length"/> bytes.</summary>
    void Write(Span<byte> to, int client, long sequence);

    /// <summary>Reads what a server was sent, and compares every byte.</summary>
    RequestRead Read(ReadOnlySpan<byte> from);

    /// <summary>Writes exactly <see cref="ReplyLength"/> bytes.</summary>
    void WriteReply(Span<byte> to, int client, long sequence);
}
