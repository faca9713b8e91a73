using System.Globalization;
using System.Text;

namespace Dynode.Scenarios.Redis;

/// <summary>One reply of a redis, read whole. One character a byte.</summary>
/// <param name="Kind">Its first byte.</param>
/// <param name="Text">Of all but aggregates; null: nil.</param>
/// <param name="Items">Of an aggregate, a map's keys and values by turns; null where it is none, or nil.</param>
internal sealed record RespReply(char Kind, string? Text, RespReply[]? Items)
{
    public bool IsError => Kind is '-' or '!';

    public bool IsNil => Text is null && Items is null;

    public long Number => Kind == ':' ? long.Parse(Text!, CultureInfo.InvariantCulture) : throw new FormatException($"no number: {this}");

    /// <summary>The texts of an array's items.</summary>
    public string?[] Texts => Items is null ? throw new FormatException($"no array: {this}") : [.. Items.Select(item => item.Text)];

    /// <summary>Reads one, or finds that it is not whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out RespReply reply)
    {
        reply = null!;
        int end = bytes[at..].IndexOf("\r\n"u8);
        if (end < 0) return false;
        char kind = (char)bytes[at];
        string line = Encoding.Latin1.GetString(bytes.Slice(at + 1, end - 1));
        int next = at + end + 2;
        switch (kind)
        {
            case '+' or '-' or ':' or ',' or '(' or '#':
                reply = new(kind, line, null);
                break;
            case '_':
                reply = new(kind, null, null);
                break;
            case '$' or '!' or '=':
                int length = int.Parse(line, CultureInfo.InvariantCulture);
                if (length >= 0 && bytes.Length < next + length + 2) return false;
                reply = new(kind, length < 0 ? null : Encoding.Latin1.GetString(bytes.Slice(next, length)), null);
                next += length < 0 ? 0 : length + 2;
                break;
            case '*' or '~' or '%':
                int count = int.Parse(line, CultureInfo.InvariantCulture) * (kind == '%' ? 2 : 1);
                var items = count < 0 ? null : new RespReply[count];
                for (int i = 0; i < count; i++)
                {
                    if (!TryRead(bytes, ref next, out items![i])) return false;
                }

                reply = new(kind, null, items);
                break;
            default:
                throw new FormatException($"no reply begins with {kind}{line}");
        }

        at = next;
        return true;
    }

    /// <summary>The same for equal replies.</summary>
    public override string ToString() => Items is null ? $"{Kind}{Text ?? "(nil)"}" : $"{(Kind == '*' ? "" : Kind)}[{string.Join(", ", Items.Select(item => item.ToString()))}]";

    /// <summary>The same for replies that have the same elements, or with <paramref name="pairs"/> the same pairs of them, in whatever order.</summary>
    public string Sorted(bool pairs)
    {
        if (Items is null) return ToString();
        var texts = Items.Select(item => item.ToString()).ToArray();
        return $"{Kind} " + string.Join(", ", texts.Chunk(pairs ? 2 : 1).Select(chunk => string.Join('=', chunk)).Order(StringComparer.Ordinal));
    }
}
