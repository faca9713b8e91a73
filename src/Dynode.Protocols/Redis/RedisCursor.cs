using System.Buffers;
using System.Buffers.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// A cursor of SCAN and its family is a place in one server's own hash table, and of no meaning to any other: so with several servers
/// behind, a client's cursor also says which connection gave it.
/// <code>
///   63 … 53    52 … 36     35 … 0
///   0        │ origin    │ the server's own cursor
/// </code>
/// It stays below 2^53, for some clients keep it as a double. A table of 2^36 buckets does not fit into a server; what is so large all
/// the same is given as it is, and can then not be gone on with.
/// </summary>
internal static class RedisCursor
{
    private const int OwnBits = 36;
    private const ulong OwnMax = (1UL << OwnBits) - 1;
    private const int DigitsMax = 20;

    /// <summary>The cursor that a client gives.</summary>
    /// <param name="text">An argument.</param>
    /// <param name="own">The server's.</param>
    /// <param name="origin">The connection's; 0: it says none.</param>
    /// <returns>False: servers would not take it.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out ulong own, out int origin)
    {
        (own, origin) = (0, 0);
        // To a server nothing is 0.
        if (text.IsEmpty) return true;
        if (text.Length > DigitsMax || text.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        if (!Utf8Parser.TryParse(text, out ulong cursor, out int consumed) || consumed != text.Length) return false;
        (own, origin) = (cursor & OwnMax, (int)Math.Min(cursor >> OwnBits, int.MaxValue));
        if (origin > RequestVerdict.OriginMax) (own, origin) = (cursor, 0);
        return true;
    }

    /// <summary>Writes a reply with its cursor marked.</summary>
    /// <param name="reply">From its first byte on: an array of two, the first of which is the cursor.</param>
    /// <param name="origin">The connection's.</param>
    /// <param name="output">Takes it.</param>
    /// <returns>False: it stays as it is, for it is no such reply, its cursor is 0, or has no room for a mark.</returns>
    public static bool TryMark(ReadOnlySpan<byte> reply, int origin, IBufferWriter<byte> output)
    {
        if (!reply.StartsWith("*2\r\n$"u8)) return false;
        var arguments = new RequestArguments(reply);
        if (!arguments.TryNext(out var text) || !TryRead(text, out ulong own, out int marked) || own == 0 || marked != 0 || own > OwnMax) return false;
        RespWriter.WriteArrayHeader(output, 2);
        WriteDigits(output, own | (ulong)origin << OwnBits);
        output.Write(arguments.Rest);
        return true;
    }

    /// <summary>Writes a request as its server will read it.</summary>
    /// <param name="request">Whole.</param>
    /// <param name="at">Which argument its cursor is.</param>
    /// <param name="own">The server's cursor.</param>
    /// <param name="output">Takes it.</param>
    /// <returns>False: it is not whole.</returns>
    public static bool TryUnmark(ReadOnlySpan<byte> request, int at, ulong own, IBufferWriter<byte> output)
    {
        var arguments = new RequestArguments(request);
        RespWriter.WriteArrayHeader(output, arguments.Count);
        for (int i = 0; i < arguments.Count; i++)
        {
            if (!arguments.TryNext(out var argument)) return false;
            if (i == at) WriteDigits(output, own);
            else RespWriter.WriteBulk(output, argument);
        }

        return true;
    }

    private static void WriteDigits(IBufferWriter<byte> output, ulong number)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        Utf8Formatter.TryFormat(number, digits, out int length);
        RespWriter.WriteBulk(output, digits[..length]);
    }
}
