using System.Buffers;
using System.IO.Hashing;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Replies that are equal by their class have equal hashes. What two equal servers order differently is added up, element by element:
/// a sum does not know order, and unlike an exclusive or it does not lose what comes twice. RESP2 tells by the class alone what that is;
/// RESP3's sets and maps tell themselves, on any level. Attributes are no part of a reply.
/// </summary>
internal static class RespReplyHash
{
    // Odd, and so a sum's factor that loses nothing: aggregates of different lengths, and of different types, are kept apart should their elements' sums be equal.
    private const ulong Odd = 0x9E3779B97F4A7C15;

    // Looked at one by one; a value that is full of such letters is searched for pairs of them.
    private const int FalseMarksMax = 8;

    /// <summary>XxHash3 of the bytes, or of the elements of an aggregate, added up.</summary>
    /// <param name="reply">Whole. What is no aggregate of the class's shape (an error, null) is compared by its bytes.</param>
    /// <param name="cls">Not <see cref="ReplyClass.Own"/>, which is taken as <see cref="ReplyClass.Compared"/>.</param>
    public static ulong Hash(ReadOnlySpan<byte> reply, ReplyClass cls)
    {
        if (cls == ReplyClass.Outcome) return HashOfOutcome(reply);
        if (!reply.IsEmpty && reply[0] == '|' && RespAttributes.Behind(reply) is { IsEmpty: false } behind) reply = behind;
        if (reply.IsEmpty || reply[0] is not ((byte)'*' or (byte)'~' or (byte)'%')) return XxHash3.HashToUInt64(reply);
        int together = reply[0] != '*' ? Together(reply[0]) : cls switch
        {
            ReplyClass.Unordered => 1,
            ReplyClass.UnorderedPairs => 2,
            _ => 0,
        };
        if (HoldsOtherForms(reply[1..])) return HashOfPlain(reply, together);
        return together > 0 && TryAddUp(reply, together, out ulong sum) ? sum : XxHash3.HashToUInt64(reply);
    }

    /// <summary>Whether it is an error; of a transaction's replies, which of them are.</summary>
    private static ulong HashOfOutcome(ReadOnlySpan<byte> reply)
    {
        if (RespReplyKind.Classify(reply) != ReplyKind.Normal) return 2;
        if (!reply.IsEmpty && reply[0] == '|' && RespAttributes.Behind(reply) is { IsEmpty: false } behind) reply = behind;
        ulong hash = 1;
        if (reply.IsEmpty || reply[0] != '*') return hash;
        int header = RespNumber.ReadShortLine(reply, out long count);
        var rest = reply[header..];
        var framer = default(RespReplyFramer);
        for (long at = 0; header > 0 && at < count; at++)
        {
            if (framer.Advance(rest, out int element) != FrameStatus.Complete) break;
            if (RespReplyKind.Classify(rest[..element]) != ReplyKind.Normal) hash = unchecked((hash * Odd) + (ulong)at + 1);
            rest = rest[element..];
        }

        return hash;
    }

    /// <summary>How many elements of an aggregate belong together where their order is of no meaning; 0: it has one.</summary>
    public static int Together(byte marker) => marker switch
    {
        (byte)'~' => 1,
        (byte)'%' => 2,
        _ => 0,
    };

    /// <summary>Of an aggregate whose order is of no meaning, by the sum of its elements' hashes.</summary>
    public static ulong Closed(ulong sum, byte marker, long elements) => unchecked(sum + (((ulong)elements + ((ulong)marker << 32)) * Odd));

    /// <summary>Adds up the hashes of so many elements at a time.</summary>
    private static bool TryAddUp(ReadOnlySpan<byte> reply, int together, out ulong sum)
    {
        sum = 0;
        int header = RespNumber.ReadShortLine(reply, out long count);
        if (header == 0) return false;
        if (reply[0] == '%') count *= 2;
        var rest = reply[header..];
        var framer = default(RespReplyFramer);
        for (long left = count; left > 0;)
        {
            int length = 0;
            for (int i = 0; i < together && left > 0; i++, left--)
            {
                if (framer.Advance(rest[length..], out int element) != FrameStatus.Complete) return false;
                length += element;
            }

            sum = unchecked(sum + XxHash3.HashToUInt64(rest[..length]));
            rest = rest[length..];
        }

        sum = Closed(sum, reply[0], count);
        return rest.IsEmpty;
    }

    /// <summary>As without the attributes in it, and with the sets and maps in it in one order.</summary>
    private static ulong HashOfPlain(ReadOnlySpan<byte> reply, int together)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(RespPlainReply.BytesMax(reply.Length));
        var plain = new RespPlainReply(bytes);
        ulong hash = together > 0 && plain.TryAddUp(reply, together, out ulong sum) ? sum
            : together == 0 && plain.TryTake(reply) ? XxHash3.HashToUInt64(plain.Written)
            : XxHash3.HashToUInt64(reply);
        ArrayPool<byte>.Shared.Return(bytes);
        return hash;
    }

    /// <summary>Whether an element may be a set or a map, or have an attribute: never in RESP2, but where a value looks like one.</summary>
    private static bool HoldsOtherForms(ReadOnlySpan<byte> elements)
    {
        for (int i = 0; i < FalseMarksMax; i++)
        {
            int at = elements.IndexOfAny((byte)'~', (byte)'%', (byte)'|');
            if (at < 0) return false;
            if (at > 0 && elements[at - 1] == '\n') return true;
            elements = elements[(at + 1)..];
        }

        return elements.IndexOf("\n~"u8) >= 0 || elements.IndexOf("\n%"u8) >= 0 || elements.IndexOf("\n|"u8) >= 0;
    }
}
