using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.Native.Bootstrap;

/// <summary>One whole reply of a redis, in RESP2. Immutable.</summary>
/// <param name="bytes">As it came.</param>
internal sealed class RedisReply(byte[] bytes)
{
    private static readonly RedisProtocol Protocol = new();

    /// <summary>The server refuses.</summary>
    public bool IsError => bytes.AsSpan().StartsWith("-"u8);

    /// <summary>It says that it may not be asked that, or not by us.</summary>
    public bool IsNotAllowed => IsError && (Text.StartsWith("NOAUTH", StringComparison.Ordinal) || Text.StartsWith("NOPERM", StringComparison.Ordinal) || Text.StartsWith("WRONGPASS", StringComparison.Ordinal));

    /// <summary>A status, an error, a number or a bulk, without what is around it.</summary>
    public string Text => Encoding.UTF8.GetString(Content.Span);

    /// <summary>The same as bytes: a password need not be text.</summary>
    public ReadOnlyMemory<byte> Content
    {
        get
        {
            int line = bytes.AsSpan().IndexOf("\r\n"u8);
            if (line < 1)
                return default;
            return bytes[0] != (byte)'$' ? bytes.AsMemory(1, line - 1) : bytes.Length < line + 4 ? default : bytes.AsMemory(line + 2, bytes.Length - line - 4);
        }
    }

    /// <summary>The elements of an array; none where it is no array.</summary>
    public List<RedisReply> Elements
    {
        get
        {
            List<RedisReply> elements = [];
            int at = bytes.AsSpan().IndexOf("\r\n"u8) + 2;
            if (bytes.Length == 0 || bytes[0] != (byte)'*')
                return elements;
            IReplyReader reader = Protocol.NewReplyReader();
            while (at < bytes.Length && reader.Advance(bytes.AsSpan(at), out int length) == FrameStatus.Complete)
            {
                elements.Add(new(bytes[at..(at + length)]));
                at += length;
            }

            return elements;
        }
    }
}

/// <summary>What a redis says of itself by INFO. Immutable.</summary>
internal sealed class RedisInfo
{
    private readonly Dictionary<string, string> _fields = [];

    public RedisInfo(string text)
    {
        foreach (string line in text.Split("\r\n"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                _fields[line[..colon]] = line[(colon + 1)..];
        }
    }

    /// <summary>Empty: it does not say.</summary>
    public string this[string field] => _fields.GetValueOrDefault(field, "");

    /// <summary>A number; null: it does not say one.</summary>
    public long? Number(string field) => long.TryParse(this[field], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>How many keys it has in all databases.</summary>
    public long Keys
    {
        get
        {
            long keys = 0;
            foreach (var (name, value) in _fields)
            {
                if (name.StartsWith("db", StringComparison.Ordinal) && value.StartsWith("keys=", StringComparison.Ordinal) && long.TryParse(value.AsSpan(5, value.IndexOf(',') - 5), out long count))
                    keys += count;
            }

            return keys;
        }
    }
}
