using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Dynode.Streams.Nats;

/// <summary>The lines before an entry's bytes: <c>NATS/1.0[ status words]</c>, then a name and a value each.</summary>
internal readonly ref struct NatsHeader
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private readonly ReadOnlySpan<byte> _bytes;

    public NatsHeader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
    }

    /// <summary>What the server says in place of an entry; 0: it is an entry.</summary>
    public int Status
    {
        get
        {
            ReadOnlySpan<byte> line = First;
            return line.StartsWith("NATS/1.0 "u8) && Utf8Parser.TryParse(line["NATS/1.0 "u8.Length..], out int status, out _) ? status : 0;
        }
    }

    /// <summary>The status in words.</summary>
    public string StatusText => NatsTrouble.Excerpt(Encoding.UTF8.GetString(First["NATS/1.0"u8.Length..]));

    private ReadOnlySpan<byte> First
    {
        get
        {
            int end = _bytes.IndexOfAny(LineEnds);
            ReadOnlySpan<byte> line = end < 0 ? _bytes : _bytes[..end];
            return line.StartsWith("NATS/1.0"u8) ? line : "NATS/1.0"u8;
        }
    }

    /// <summary>A line's value. The engine writes its own behind those of the publisher, so the last one counts.</summary>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> found = default;
        ReadOnlySpan<byte> rest = _bytes;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Length > name.Length && line[name.Length] == (byte)':' && line.StartsWith(name))
                found = line[(name.Length + 1)..].Trim(" \r"u8);
        }

        return found;
    }
}
