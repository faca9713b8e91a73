namespace Dynode.Protocols.Redis;

/// <summary>
/// A number taken byte by byte, as strict as redis (<c>string2ll</c>): an optional '-', digits, no '+', no leading zero, no space,
/// within 64 bits. https://github.com/redis/redis/blob/7.0/src/util.c
/// </summary>
internal struct RespNumber
{
    private ulong _magnitude;
    private byte _digits;
    private bool _negative;
    private bool _invalid;

    /// <summary>Takes its next byte.</summary>
    public void Take(byte next)
    {
        uint digit = (uint)next - '0';
        if (next == '-' && _digits == 0 && !_negative)
        {
            _negative = true;
            return;
        }

        bool leadingZero = _magnitude == 0 && _digits > 0;
        if (digit > 9 || leadingZero || _magnitude > (ulong.MaxValue - digit) / 10)
        {
            _invalid = true;
            return;
        }

        _magnitude = (_magnitude * 10) + digit;
        _digits++;
    }

    /// <summary>Its value, should all that was taken be a number.</summary>
    public readonly bool TryGet(out long value)
    {
        // The negative half of the range is longer by one; -0 is not a number.
        value = unchecked(_negative ? -(long)_magnitude : (long)_magnitude);
        return !_invalid && _digits > 0 && (_negative ? value < 0 : value >= 0);
    }

    /// <summary>
    /// Reads a whole line of a marker, a number from 0 and CRLF (the LF is not looked at) where it is short and lies there whole,
    /// which is nearly always.
    /// </summary>
    /// <returns>The line's length in bytes; 0: it is not such a line, which says nothing about what it is.</returns>
    public static int ReadShortLine(ReadOnlySpan<byte> line, out long value)
    {
        const int DigitsMax = 9;
        value = 0;
        int last = Math.Min(line.Length - 2, DigitsMax + 1);
        int at = 1;
        for (; at <= last; at++)
        {
            uint digit = (uint)line[at] - '0';
            if (digit > 9) break;
            value = (value * 10) + digit;
        }

        bool whole = at > 1 && at <= last && line[at] == '\r' && (line[1] != '0' || at == 2);
        return whole ? at + 2 : 0;
    }
}
