using System.Text;

namespace Dynode.Streams.Nats;

/// <summary>
/// Watches what a server sends, byte for byte, before the client library sees it: that one keeps what it cannot read and waits for more, so
/// a line without an end would fill the memory, and one that makes no sense would hold the connection for ever. Reads lines and sizes, and
/// no more of the protocol than that. https://docs.nats.io/reference/reference-protocols/nats-protocol
/// <para>One thread at a time.</para>
/// </summary>
/// <param name="info">Told what the server says of itself.</param>
/// <param name="error">Told what it says is wrong, without quotes.</param>
internal sealed class NatsWire(Action<NatsServerInfo> info, Action<string> error)
{
    /// <summary>A server that names a thousand others needs 32 KiB.</summary>
    public const int LineBytesMax = 64 << 10;

    /// <summary>What stands before an entry: who placed it, where, and when.</summary>
    public const int HeaderBytesMax = 64 << 10;

    private byte[] _line = [];
    private int _kept;
    private long _skip;

    /// <summary>What one entry may be long at most, with its header, in bytes.</summary>
    public int EntryBytesMax { get; set; } = NatsServerInfo.PayloadBytesMost + HeaderBytesMax;

    /// <summary>Has seen what came next.</summary>
    /// <exception cref="NatsTrouble">It is none of what a server sends.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                int count = (int)Math.Min(_skip, bytes.Length);
                _skip -= count;
                bytes = bytes[count..];
                continue;
            }

            int end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            ReadOnlySpan<byte> line = bytes[..end];
            if (_kept > 0)
            {
                Keep(line);
                line = _line.AsSpan(0, _kept);
                _kept = 0;
            }

            Read(line);
            bytes = bytes[(end + 1)..];
        }
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_kept + part.Length > LineBytesMax)
            throw new NatsTrouble($"the server sent a line of more than {LineBytesMax} bytes: {Excerpt(_kept > 0 ? _line.AsSpan(0, _kept) : part)}");
        if (_line.Length < _kept + part.Length)
            Array.Resize(ref _line, Math.Max(512, Math.Min(LineBytesMax, 2 * (_kept + part.Length))));
        part.CopyTo(_line.AsSpan(_kept));
        _kept += part.Length;
    }

    private void Read(ReadOnlySpan<byte> line)
    {
        if (line.Length > LineBytesMax || line.IsEmpty || line[^1] != (byte)'\r')
            throw Strange(line);
        line = line[..^1];
        if (line.StartsWith("MSG "u8))
            _skip = SizeOf(line, tokensLeast: 4, tokensMost: 5) + 2L;
        else if (line.StartsWith("HMSG "u8))
            _skip = SizeOf(line, tokensLeast: 5, tokensMost: 6) + 2L;
        else if (line.StartsWith("INFO "u8))
            info(NatsServerInfo.Parse(line["INFO "u8.Length..]));
        else if (line.StartsWith("-ERR"u8))
            error(NatsTrouble.Excerpt(Encoding.UTF8.GetString(line["-ERR"u8.Length..]).Trim(' ', '\'')));
        else if (!line.SequenceEqual("PING"u8) && !line.SequenceEqual("PONG"u8) && !line.SequenceEqual("+OK"u8))
            throw Strange(line);
    }

    // MSG subject sid [reply-to] size; HMSG subject sid [reply-to] header-size size
    private int SizeOf(ReadOnlySpan<byte> line, int tokensLeast, int tokensMost)
    {
        Span<Range> tokens = stackalloc Range[8];
        int count = line.Count((byte)' ') + 1;
        if (count < tokensLeast || count > tokensMost)
            throw Strange(line);
        int from = 0;
        for (int i = 0; i < count; i++)
        {
            int length = i == count - 1 ? line.Length - from : line[from..].IndexOf((byte)' ');
            if (length == 0)
                throw Strange(line);
            tokens[i] = from..(from + length);
            from += length + 1;
        }

        int size = Number(line, tokens[count - 1]);
        int headers = tokensLeast == 5 ? Number(line, tokens[count - 2]) : 0;
        if (Number(line, tokens[2]) < 0 || headers > size)
            throw Strange(line);
        if (size > EntryBytesMax)
            throw new NatsTrouble($"the server announced {size} bytes, and had said that it takes at most {EntryBytesMax - HeaderBytesMax}: {Excerpt(line)}");
        return size;
    }

    private static int Number(ReadOnlySpan<byte> line, Range token) =>
        int.TryParse(line[token], System.Globalization.NumberStyles.None, null, out int number) ? number : throw Strange(line);

    private static NatsTrouble Strange(ReadOnlySpan<byte> line) => new($"it does not speak as a nats-server does: it sent '{Excerpt(line)}'");

    private static string Excerpt(ReadOnlySpan<byte> line) => NatsTrouble.Excerpt(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 60)]));
}
