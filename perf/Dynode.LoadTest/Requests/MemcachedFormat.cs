using System.Buffers.Text;

namespace Dynode.LoadTest.Requests;

/// <summary>
/// For protocol <c>memcached</c>: <c>ms client:sequence length Oclient:sequence</c> and the payload as its block, answered by
/// <c>HD Oclient:sequence</c>: the opaque token, which a memcached gives back, shows whose a reply is. Knows the question that the
/// broadcaster asks a new connection.
/// </summary>
internal sealed class MemcachedFormat(Payload payload) : IRequestFormat
{
    /// <summary>With as many digits as a length may have.</summary>
    private const int HeadBytesMax = 64;

    private static readonly byte[] VersionReply = "VERSION 1.6.18\r\n"u8.ToArray();

    public int ReplyLength => HeadOfReply.Length + Identity.Bytes + 2;

    private static ReadOnlySpan<byte> MetaSet => "ms "u8;

    private static ReadOnlySpan<byte> Version => "version\r\n"u8;

    private static ReadOnlySpan<byte> HeadOfReply => "HD O"u8;

    public int Length(int client, long sequence) => Text(client, sequence, stackalloc byte[HeadBytesMax]).Length;

    public void Write(Span<byte> to, int client, long sequence) =>
        Text(client, sequence, stackalloc byte[HeadBytesMax]).Write(to);

    public RequestRead Read(ReadOnlySpan<byte> from)
    {
        if (from.StartsWith(MetaSet)) return ReadSet(from);
        if (from.StartsWith(Version)) return new(RequestKind.Preamble, Version.Length, Reply: VersionReply);
        return MetaSet.StartsWith(from) || Version.StartsWith(from)
            ? RequestRead.Partial
            : RequestRead.Wrong($"no request begins with {Identity.Shown(from)}");
    }

    public void WriteReply(Span<byte> to, int client, long sequence)
    {
        HeadOfReply.CopyTo(to);
        Identity.Write(to[HeadOfReply.Length..], client, sequence);
        "\r\n"u8.CopyTo(to[(HeadOfReply.Length + Identity.Bytes)..]);
    }

    private RequestRead ReadSet(ReadOnlySpan<byte> from)
    {
        if (from.Length < MetaSet.Length + Identity.Bytes) return RequestRead.Partial;
        return Identity.TryRead(from[MetaSet.Length..], out int client, out long sequence)
            ? Text(client, sequence, stackalloc byte[HeadBytesMax]).Compare(from, client, sequence)
            : RequestRead.Wrong($"no request is {Identity.Shown(from)}");
    }

    private RequestText Text(int client, long sequence, Span<byte> head)
    {
        ReadOnlySpan<byte> letters = payload.Of(client, sequence);
        MetaSet.CopyTo(head);
        int at = MetaSet.Length;
        Identity.Write(head[at..], client, sequence);
        at += Identity.Bytes;
        head[at++] = (byte)' ';
        Utf8Formatter.TryFormat(letters.Length, head[at..], out int digits);
        at += digits;
        " O"u8.CopyTo(head[at..]);
        at += 2;
        Identity.Write(head[at..], client, sequence);
        at += Identity.Bytes;
        "\r\n"u8.CopyTo(head[at..]);
        return new RequestText(head[..(at + 2)], letters, "\r\n"u8);
    }
}
