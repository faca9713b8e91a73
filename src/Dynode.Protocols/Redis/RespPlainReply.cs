using System.Buffers.Binary;
using System.IO.Hashing;

namespace Dynode.Protocols.Redis;

/// <summary>
/// A reply written anew so that equal servers' replies are the same bytes: without attributes, and of each set and map within it
/// nothing but its type and the sum of its elements' hashes.
/// </summary>
/// <param name="bytes">Room for it: <see cref="BytesMax"/>.</param>
internal ref struct RespPlainReply(Span<byte> bytes)
{
    /// <summary>Levels of aggregates that are looked into. A script that nests more gets what it returns compared byte by byte.</summary>
    public const int DepthMax = 64;

    // A set or map: its marker, and a hash. The shortest has four bytes.
    private const int SumBytes = 1 + sizeof(ulong);

    private readonly Span<byte> _bytes = bytes;
    private int _length;

    /// <summary>What was taken.</summary>
    public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

    /// <summary>Bytes that a reply of so many may take.</summary>
    public static int BytesMax(int replyBytes) => (replyBytes / 4 * SumBytes) + SumBytes;

    /// <summary>Takes a whole reply.</summary>
    /// <returns>False: it is none, or too deep.</returns>
    public bool TryTake(ReadOnlySpan<byte> reply) => TryTakeNext(ref reply, 0) && reply.IsEmpty;

    /// <summary>Adds up the hashes of so many elements of an aggregate at a time; as long as it is written, none is kept.</summary>
    public bool TryAddUp(ReadOnlySpan<byte> aggregate, int together, out ulong sum) => TryAddUp(ref aggregate, together, 0, out sum) && aggregate.IsEmpty;

    private bool TryTakeNext(ref ReadOnlySpan<byte> rest, int depth)
    {
        rest = RespAttributes.Behind(rest);
        if (rest.IsEmpty) return false;
        byte marker = rest[0];
        if (marker is not ((byte)'*' or (byte)'~' or (byte)'%')) return TryCopyNext(ref rest);
        if (depth == DepthMax) return false;
        int together = RespReplyHash.Together(marker);
        if (together > 0)
        {
            if (!TryAddUp(ref rest, together, depth, out ulong sum)) return false;
            _bytes[_length++] = marker;
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes[_length..], sum);
            _length += sizeof(ulong);
            return true;
        }

        int header = RespNumber.ReadShortLine(rest, out long count);
        if (header == 0) return TryCopyNext(ref rest);
        Copy(ref rest, header);
        for (; count > 0; count--)
        {
            if (!TryTakeNext(ref rest, depth + 1)) return false;
        }

        return true;
    }

    private bool TryAddUp(ref ReadOnlySpan<byte> rest, int together, int depth, out ulong sum)
    {
        sum = 0;
        byte marker = rest[0];
        int header = RespNumber.ReadShortLine(rest, out long count);
        if (header == 0) return false;
        if (marker == '%') count *= 2;
        rest = rest[header..];
        int at = _length;
        for (long left = count; left > 0;)
        {
            for (int i = 0; i < together && left > 0; i++, left--)
            {
                if (!TryTakeNext(ref rest, depth + 1)) return false;
            }

            sum = unchecked(sum + XxHash3.HashToUInt64(_bytes[at.._length]));
            _length = at;
        }

        sum = RespReplyHash.Closed(sum, marker, count);
        return true;
    }

    /// <summary>What has no elements to look at.</summary>
    private bool TryCopyNext(ref ReadOnlySpan<byte> rest)
    {
        var framer = default(RespReplyFramer);
        if (framer.Advance(rest, out int length) != FrameStatus.Complete) return false;
        Copy(ref rest, length);
        return true;
    }

    private void Copy(ref ReadOnlySpan<byte> rest, int length)
    {
        rest[..length].CopyTo(_bytes[_length..]);
        _length += length;
        rest = rest[length..];
    }
}
