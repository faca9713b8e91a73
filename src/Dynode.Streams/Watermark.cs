using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Dynode.Streams;

/// <summary>
/// Where a server stands in a stream, by its own word: one text that lies in its own data, is written whole with whatever moves it, and goes wherever the data go.
/// <code>
///   1 5f3c09d2a1b47e60 7 3 120455.2 - eNo…
///   │ the stream       │ │ │      │ │ the lanes, as of that entry or an earlier one
///   │                  │ │ │      │ why it has missed something; -: it has not
///   │                  │ │ │      └ and so many requests of what counts behind it
///   │                  │ │ └ it has all that counts of the entries up to this one
///   │                  │ └ the connection, of that life
///   │                  └ the life of a broadcaster: each takes one more than it found
///   └ of this format
/// </code>
/// Anybody may have written anything there: what is not exactly as it would be written is none.
/// </summary>
/// <param name="Stream">16 hexadecimal digits: <see cref="StreamIdentity.ToString"/>.</param>
/// <param name="Epoch">Which life wrote it.</param>
/// <param name="Connection">Which of its connections.</param>
/// <param name="Number">It has all that counts of the entries up to this one.</param>
/// <param name="Index">And so many requests of what counts behind it.</param>
/// <param name="Gap">One word; empty: it has missed nothing.</param>
/// <param name="Table">The lanes, as of that entry or an earlier one: <see cref="Lanes.Write"/>.</param>
public sealed record Watermark(string Stream, long Epoch, long Connection, ulong Number, long Index, string Gap, ReadOnlyMemory<byte> Table)
{
    /// <summary>No text of one is longer, in bytes.</summary>
    public const int BytesMax = 4_096;

    private const string Version = "1";
    private const string NoGap = "-";
    private const int Fields = 7;
    private const int GapMax = 32;

    /// <summary>As it lies in the data.</summary>
    public byte[] Write() => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{Version} {Stream} {Epoch} {Connection} {Number}.{Index} {(Gap.Length == 0 ? NoGap : Gap)} {Convert.ToBase64String(Table.Span)}"));

    /// <summary>Reads what lies there.</summary>
    /// <returns>Null: it is none.</returns>
    public static Watermark? Read(ReadOnlySpan<byte> text)
    {
        if (text.Length > BytesMax || text.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            return null;
        string[] fields = Encoding.ASCII.GetString(text).Split(' ');
        if (fields.Length != Fields || fields[0] != Version || fields[1].Length != 16 || !fields[1].All(char.IsAsciiHexDigitLower))
            return null;
        int dot = fields[4].IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !TryCount(fields[2], out long epoch) || !TryCount(fields[3], out long connection) || !TryCount(fields[4][(dot + 1)..], out long index))
            return null;
        if (!ulong.TryParse(fields[4].AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || !IsGap(fields[5]))
            return null;
        byte[] table = new byte[Base64.GetMaxDecodedFromUtf8Length(fields[6].Length)];
        if (!Convert.TryFromBase64String(fields[6], table, out int length))
            return null;
        var watermark = new Watermark(fields[1], epoch, connection, number, index, fields[5] == NoGap ? "" : fields[5], table.AsMemory(0, length));
        var lanes = new Lanes();
        bool isWhole = lanes.TryRead(watermark.Table.Span) && lanes.Number <= number;

        // There is one way to write it: leading zeros, padding and the like are somebody else's.
        return isWhole && watermark.Write().AsSpan().SequenceEqual(text) ? watermark : null;
    }

    /// <summary>Also where the tables are copies.</summary>
    public bool Equals(Watermark? other) =>
        other is not null && Stream == other.Stream && Epoch == other.Epoch && Connection == other.Connection && Number == other.Number && Index == other.Index
        && Gap == other.Gap && Table.Span.SequenceEqual(other.Table.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Stream, Epoch, Connection, Number, Index);

    private static bool TryCount(string text, out long count) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static bool IsGap(string text) => text == NoGap || (text.Length is > 0 and <= GapMax && text.All(char.IsAsciiLetter));
}
