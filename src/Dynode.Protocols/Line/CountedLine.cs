namespace Dynode.Protocols.Line;

/// <summary>
/// Knows syslog's octet counting where lines that end with LF are meant: a length, a space, and syslog's priority.
/// <code>
///   57 &lt;14&gt;1 2026-01-01T00:00:00Z host app 1 - - text
///   ──┬─ ─┬──
///     │   └ PRI, 0 to 191, in angles (RFC 5424, 6.2.1; RFC 3164, 4.1.1)
///     └ MSG-LEN SP: the frame ends 57 bytes behind it
/// </code>
/// Where the line ends with the frame, or with the LF or CR LF behind it, both readings agree, and nothing is wrong. Where it does not, an
/// LF within the frame would cut it in two, or the next frame would be taken for the rest of this line; and what is cut at such
/// places is mixed with the lines of other clients, so that no server can read any of them.
/// The default value is ready. A mutable struct, owned by its reader.
/// </summary>
internal struct CountedLine
{
    /// <summary>Digits of a length: more are no frame's.</summary>
    private const int DigitsMax = 9;

    /// <summary>RFC 5424: facility 23, severity 7.</summary>
    private const int PriorityMax = 191;

    private const int PriorityDigitsMax = 3;

    /// <summary>CR LF behind a frame that do not count.</summary>
    private const int EndBytesMax = 2;

    private enum Stage : byte
    {
        Length,
        Angle,
        Priority,
        Is,
        IsNot,
    }

    private long _frame;
    private int _taken;
    private short _priority;
    private byte _digits;
    private byte _last;
    private Stage _stage;

    /// <summary>The line begins as a frame does.</summary>
    public readonly bool IsFrame => _stage == Stage.Is;

    /// <summary>Whether a line that begins with this byte must be looked at: no other needs more than that.</summary>
    public static bool MayBegin(byte first) => first is >= (byte)'1' and <= (byte)'9';

    /// <summary>Takes the bytes of a line that follow the last ones taken.</summary>
    /// <param name="fresh">At least one.</param>
    /// <param name="before">How many bytes of the line came before.</param>
    /// <param name="ended">The last one is the line's LF.</param>
    /// <param name="known">By how many of them it is known.</param>
    /// <returns>The line cannot be the frame that it begins as.</returns>
    public bool IsContradicted(ReadOnlySpan<byte> fresh, long before, bool ended, out int known)
    {
        for (int at = 0; at < fresh.Length && _stage < Stage.Is; at++)
        {
            _taken++;
            _stage = Next(fresh[at]);
        }

        byte beforeLast = fresh.Length > 1 ? fresh[^2] : _last;
        _last = fresh[^1];
        known = fresh.Length;
        if (!IsFrame)
            return false;
        long beyond = before + fresh.Length - _frame;
        if (beyond <= EndBytesMax)
            return ended && (beyond < 0 || (beyond == EndBytesMax && beforeLast != '\r'));
        known -= (int)(beyond - EndBytesMax - 1);
        return true;
    }

    private Stage Next(byte next)
    {
        int digit = next - '0';
        bool isDigit = digit is >= 0 and <= 9;
        switch (_stage)
        {
            case Stage.Length when next == ' ' && _digits > 0:
                _digits = 0;
                _frame += _taken;
                return Stage.Angle;
            case Stage.Length when isDigit && _digits < DigitsMax && (digit > 0 || _digits > 0):
                _digits++;
                _frame = (_frame * 10) + digit;
                return Stage.Length;
            case Stage.Angle when next == '<':
                return Stage.Priority;
            case Stage.Priority when isDigit && _digits < PriorityDigitsMax:
                _digits++;
                _priority = (short)((_priority * 10) + digit);
                return Stage.Priority;
            case Stage.Priority when next == '>' && _digits > 0 && _priority <= PriorityMax:
                return Stage.Is;
            default:
                return Stage.IsNot;
        }
    }
}
