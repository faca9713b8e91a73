namespace Dynode.LoadTest.Requests;

/// <summary>
/// For protocols <c>raw</c> and <c>line</c>: <c>client:sequence payload\n</c>, answered by <c>client:sequence\n</c>.
/// </summary>
internal sealed class LineFormat(Payload payload) : IRequestFormat
{
    private const int HeadBytes = Identity.Bytes + 1;

    public int ReplyLength => Identity.Bytes + 1;

    public int Length(int client, long sequence) => HeadBytes + payload.Length(client, sequence) + 1;

    public void Write(Span<byte> to, int client, long sequence) =>
        Text(client, sequence, stackalloc byte[HeadBytes]).Write(to);

    public RequestRead Read(ReadOnlySpan<byte> from)
    {
        if (from.Length < HeadBytes) return RequestRead.Partial;
        return Identity.TryRead(from, out int client, out long sequence)
            ? Text(client, sequence, stackalloc byte[HeadBytes]).Compare(from, client, sequence)
            : RequestRead.Wrong($"no request begins with {Identity.Shown(from)}");
    }

    public void WriteReply(Span<byte> to, int client, long sequence)
    {
        Identity.Write(to, client, sequence);
        to[Identity.Bytes] = (byte)'\n';
    }

    private RequestText Text(int client, long sequence, Span<byte> head)
    {
        Identity.Write(head, client, sequence);
        head[Identity.Bytes] = (byte)' ';
        return new RequestText(head, payload.Of(client, sequence), "\n"u8);
    }
}
