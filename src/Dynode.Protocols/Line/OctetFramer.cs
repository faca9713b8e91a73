using System.Globalization;

namespace Dynode.Protocols.Line;

/// <summary>Why bytes are no frame.</summary>
internal enum OctetFault : byte
{
    /// <summary>They are one, so far.</summary>
    None,

    /// <summary>No digit where a frame begins.</summary>
    NoLength,

    /// <summary>A length of 0, or one with a 0 before it.</summary>
    Zero,

    /// <summary>Neither a digit nor a space behind a length.</summary>
    NoSpace,

    /// <summary>A frame that is longer than one may be.</summary>
    TooLong,
}

/// <summary>
/// Finds where frames end whose length stands before them (https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1). It holds no bytes.
/// <code>
///   SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG        MSG-LEN = NONZERO-DIGIT *DIGIT
///   57 ─▶ a space ─▶ 57 bytes of any kind, skipped ─▶ Complete
/// </code>
/// The default value is ready. A mutable struct, owned by its reader.
/// </summary>
internal struct OctetFramer
{
    private long _said;
    private long _end;

    /// <summary>Bytes of the current frame that were taken, its length and the space included.</summary>
    public long Length { get; private set; }

    /// <summary>The least length of the current frame, by the digits that have come.</summary>
    public readonly long DeclaredLength => _end > 0 ? _end : Length == 0 ? 0 : Length + 1 + _said;

    /// <summary>Why the last status was <see cref="FrameStatus.Malformed"/>.</summary>
    public OctetFault Fault { get; private set; }

    /// <summary>The byte that was found in the place of a digit or a space.</summary>
    public byte Found { get; private set; }

    /// <summary>After <see cref="FrameStatus.Complete"/>: makes ready for the next frame.</summary>
    public void Next() => this = default;

    /// <summary>Takes the bytes that follow the last ones taken.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="bytesMax">The longest frame, its length and the space included.</param>
    /// <param name="consumed">How many were taken: all, unless the frame ended, or its fault was seen, before.</param>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, long bytesMax, out int consumed)
    {
        consumed = 0;
        if (Fault != OctetFault.None)
            return FrameStatus.Malformed;
        while (_end == 0)
        {
            if (consumed == fresh.Length)
                return FrameStatus.NeedMore;
            if (!TryTakeOfHead(fresh[consumed], bytesMax))
                return FrameStatus.Malformed;
            consumed++;
            Length++;
        }

        int rest = (int)Math.Min(_end - Length, fresh.Length - consumed);
        consumed += rest;
        Length += rest;
        return Length == _end ? FrameStatus.Complete : FrameStatus.NeedMore;
    }

    /// <summary>What is wrong, in words.</summary>
    /// <param name="limit">What a frame may be as long as, in words.</param>
    public readonly string Said(string limit) => Fault switch
    {
        OctetFault.NoLength => $"a frame does not begin with its length but with {Printed}; lines that end with LF need line_framing=lf",
        OctetFault.Zero => "the length of a frame begins with 0",
        OctetFault.NoSpace => $"behind the length of a frame stands no space but {Printed}",
        OctetFault.TooLong => $"a frame is longer than {limit}",
        _ => "",
    };

    private readonly string Printed => Found is > 0x20 and < 0x7f ? $"'{(char)Found}'" : string.Create(CultureInfo.InvariantCulture, $"0x{Found:X2}");

    private bool TryTakeOfHead(byte next, long bytesMax)
    {
        bool isFirst = Length == 0;
        if (next == ' ' && !isFirst)
        {
            _end = Length + 1 + _said;
            return true;
        }

        if (next is < (byte)'0' or > (byte)'9')
            return Broken(isFirst ? OctetFault.NoLength : OctetFault.NoSpace, next);
        if (next == '0' && isFirst)
            return Broken(OctetFault.Zero, next);

        // More digits make it longer yet; so it is known before they come, and no number overflows.
        long said = (_said * 10) + (next - '0');
        if (said > bytesMax - Length - 2)
            return Broken(OctetFault.TooLong, next);
        _said = said;
        return true;
    }

    private bool Broken(OctetFault fault, byte found)
    {
        Fault = fault;
        Found = found;
        return false;
    }
}
