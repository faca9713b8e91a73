using System.Buffers.Text;

namespace Dynode.LoadTest.Requests;

/// <summary>
/// For protocol <c>redis</c>: <c>SET client:sequence payload</c> as an array of RESP2, answered by <c>+client:sequence</c>, which no
/// redis-server would say, so that a reply shows whose it is. Knows the three questions that the broadcaster asks a new connection.
/// </summary>
internal sealed class RedisFormat(Payload payload) : IRequestFormat
{
    /// <summary>With as many digits as a length may have.</summary>
    private const int HeadBytesMax = 64;

    private static readonly byte[] Pong = "+PONG\r\n"u8.ToArray();
    private static readonly byte[] Replication = "$13\r\nrole:master\r\n\r\n"u8.ToArray();
    private static readonly byte[] Itself = "*6\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n"u8.ToArray();

    public int ReplyLength => 1 + Identity.Bytes + 2;

    private static ReadOnlySpan<byte> Set => "*3\r\n$3\r\nSET\r\n$17\r\n"u8;

    private static ReadOnlySpan<byte> Ping => "*1\r\n$4\r\nPING\r\n"u8;

    private static ReadOnlySpan<byte> Info => "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"u8;

    private static ReadOnlySpan<byte> Hello => "*2\r\n$5\r\nHELLO\r\n$1\r\n2\r\n"u8;

    public int Length(int client, long sequence) => Text(client, sequence, stackalloc byte[HeadBytesMax]).Length;

    public void Write(Span<byte> to, int client, long sequence) =>
        Text(client, sequence, stackalloc byte[HeadBytesMax]).Write(to);

    public RequestRead Read(ReadOnlySpan<byte> from)
    {
        if (from.StartsWith(Set)) return ReadSet(from);
        if (from.StartsWith(Ping)) return new(RequestKind.Preamble, Ping.Length, Reply: Pong);
        if (from.StartsWith(Info)) return new(RequestKind.Preamble, Info.Length, Reply: Replication);
        if (from.StartsWith(Hello)) return new(RequestKind.Preamble, Hello.Length, Reply: Itself);
        return Set.StartsWith(from) || Hello.StartsWith(from) || Ping.StartsWith(from) || Info.StartsWith(from)
            ? RequestRead.Partial
            : RequestRead.Wrong($"no request begins with {Identity.Shown(from)}");
    }

    public void WriteReply(Span<byte> to, int client, long sequence)
    {
        to[0] = (byte)'+';
        Identity.Write(to[1..], client, sequence);
        "\r\n"u8.CopyTo(to[(1 + Identity.Bytes)..]);
    }

    private RequestRead ReadSet(ReadOnlySpan<byte> from)
    {
        if (from.Length < Set.Length + Identity.Bytes) return RequestRead.Partial;
        return Identity.TryRead(from[Set.Length..], out int client, out long sequence)
            ? Text(client, sequence, stackalloc byte[HeadBytesMax]).Compare(from, client, sequence)
            : RequestRead.Wrong($"no request is {Identity.Shown(from)}");
    }

    private RequestText Text(int client, long sequence, Span<byte> head)
    {
        ReadOnlySpan<byte> letters = payload.Of(client, sequence);
        Set.CopyTo(head);
        int at = Set.Length;
        Identity.Write(head[at..], client, sequence);
        at += Identity.Bytes;
        "\r\n$"u8.CopyTo(head[at..]);
        at += 3;
        Utf8Formatter.TryFormat(letters.Length, head[at..], out int digits);
        at += digits;
        "\r\n"u8.CopyTo(head[at..]);
        return new RequestText(head[..(at + 2)], letters, "\r\n"u8);
    }
}
