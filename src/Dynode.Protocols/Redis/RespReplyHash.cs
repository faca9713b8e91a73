using System.IO.Hashing;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Replies that are equal by their class have equal hashes. What two equal servers order differently is added up, element by element:
/// a sum does not know order, and unlike an exclusive or it does not lose what comes twice.
/// </summary>
internal static class RespReplyHash
{
    /// <summary>XxHash3 of the bytes, or of the elements of an array, added up.</summary>
    /// <param name="reply">Whole. What is no array of the class's shape (an error, null) is compared by its bytes.</param>
    /// <param name="cls">Not <see cref="ReplyClass.Own"/>, which is taken as <see cref="ReplyClass.Compared"/>.</param>
    public static ulong Hash(ReadOnlySpan<byte> reply, ReplyClass cls)
    {
        int together = cls switch
        {
            ReplyClass.Unordered => 1,
            ReplyClass.UnorderedPairs => 2,
            _ => 0,
        };
        return together > 0 && TryAddUp(reply, together, out ulong sum) ? sum : XxHash3.HashToUInt64(reply);
    }

    /// <summary>Adds up the hashes of so many elements of an array at a time.</summary>
    private static bool TryAddUp(ReadOnlySpan<byte> reply, int together, out ulong sum)
    {
        sum = 0;
        if (reply.IsEmpty || reply[0] != '*') return false;
        int header = RespNumber.ReadShortLine(reply, out long count);
        if (header == 0) return false;
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

        // The odd constant keeps arrays of different lengths apart should their sums be equal.
        sum = unchecked(sum + ((ulong)count * 0x9E3779B97F4A7C15));
        return rest.IsEmpty;
    }
}
