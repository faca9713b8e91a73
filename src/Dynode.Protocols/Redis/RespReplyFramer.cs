namespace Dynode.Protocols.Redis;

/// <summary>
/// Finds where one reply ends after the other, in RESP2 or RESP3: https://redis.io/docs/latest/develop/reference/protocol-spec/. It
/// holds no bytes.
/// <code>
///   + - …text… CR LF                     : number CR LF
///   $ length CR LF …bytes… CR LF         * count CR LF and so many replies       ($-1, *-1: none)
///   RESP3 alone
///   , ( …text… CR LF                     _ CR LF       # t CR LF       # f CR LF
///   ! = length CR LF …bytes… CR LF       ~ count CR LF and so many replies       % count CR LF and twice as many
///   > count CR LF and so many replies: no reply itself, and within none
///   | count CR LF and twice as many: they stand before a reply, on any level, which is still to come
/// </code>
/// How deep replies are nested does not matter: what counts is how many elements are still to come, on all levels together.
/// So there is no limit of depth, and a client's script that returns thousands of levels costs no server its connection.
/// RESP3's streamed types, whose end is not declared, are none that a server sends: they are a fault.
/// <para>The default value is ready; so is it after each complete reply. A mutable struct, owned by its reader.</para>
/// </summary>
internal struct RespReplyFramer
{
    /// <summary>
    /// Bytes of a line of text (a status, an error, a double, a big number), its end included. None is kept here, and a script may return as a status whatever redis
    /// can hold (512 MiB); so this ends only streams that are no RESP.
    /// </summary>
    public const long TextLineBytesMax = (512L << 20) + 16;

    /// <summary>Bytes of a line with a number, CRLF included: none has more than 20 digits.</summary>
    public const int NumberLineBytesMax = 32;

    /// <summary>Elements of all aggregates that were declared and have not come. Beyond what redis can put together; keeps the sum from overflowing.</summary>
    public const long ElementsMax = 1L << 30;

    /// <summary>Bytes of one bulk: no server has so much memory. Keeps sums from overflowing.</summary>
    public const long BulkBytesMax = 1L << 40;

    private Step _step;
    private byte _marker;
    private bool _afterReturn;
    private RespNumber _number;
    private long _line;

    // Of a bulk's bytes.
    private long _skip;

    // Replies to come until the outermost one is complete, that one included; 0: between two replies.
    private long _elements;

    private enum Step : byte
    {
        Marker,
        Text,
        Number,
        NumberLineFeed,
        Bulk,
        Boolean,
        Return,
        LineFeed,
        Malformed,
    }

    /// <summary>Takes the bytes that follow the last ones taken. After <see cref="FrameStatus.Complete"/> it is ready for the next reply.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="consumed">How many were taken: all, unless a reply ended, or its fault was seen, before.</param>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        int at = 0;
        var status = _step == Step.Malformed ? FrameStatus.Malformed : FrameStatus.NeedMore;
        while (status == FrameStatus.NeedMore && at < fresh.Length)
        {
            status = _step switch
            {
                Step.Marker => TakeMarker(fresh, ref at),
                Step.Text => TakeText(fresh, ref at),
                Step.Bulk => TakeBulk(fresh, ref at),
                _ => TakeByte(fresh[at++]),
            };
        }

        if (status == FrameStatus.Malformed) _step = Step.Malformed;
        consumed = at;
        return status;
    }

    private FrameStatus TakeMarker(ReadOnlySpan<byte> fresh, ref int at)
    {
        _marker = fresh[at];
        _line = 1;
        if (_marker is (byte)'+' or (byte)'-')
        {
            if (_elements == 0) _elements = 1;
            at++;
            _afterReturn = false;
            _step = Step.Text;
            return FrameStatus.NeedMore;
        }

        if (_marker is not ((byte)':' or (byte)'$' or (byte)'*') && !IsNumbered(_marker, begins: _elements == 0))
        {
            if (_elements == 0) _elements = 1;
            at++;
            return Unnumbered();
        }

        if (_elements == 0) _elements = 1;
        int line = RespNumber.ReadShortLine(fresh[at..], out long number);
        if (line > 0 && fresh[at + line - 1] == '\n')
        {
            at += line;
            return Numbered(number);
        }

        at++;
        _number = default;
        _step = Step.Number;
        return FrameStatus.NeedMore;
    }

    /// <summary>Of RESP3: behind this marker comes a line with a number.</summary>
    private static bool IsNumbered(byte marker, bool begins) =>
        marker is (byte)'%' or (byte)'~' or (byte)'=' or (byte)'!' or (byte)'|' || (marker == '>' && begins);

    /// <summary>Of RESP3: what has no number, or is nothing at all.</summary>
    private FrameStatus Unnumbered()
    {
        switch (_marker)
        {
            case (byte)',' or (byte)'(':
                _afterReturn = false;
                _step = Step.Text;
                return FrameStatus.NeedMore;
            case (byte)'_' or (byte)'#':
                _step = _marker == '_' ? Step.Return : Step.Boolean;
                return FrameStatus.NeedMore;
            default:
                return FrameStatus.Malformed;
        }
    }

    /// <summary>A text ends with its first CRLF; a CR or a LF alone is part of it.</summary>
    private FrameStatus TakeText(ReadOnlySpan<byte> fresh, ref int at)
    {
        var rest = fresh[at..];
        if (rest.Length > TextLineBytesMax - _line) rest = rest[..(int)(TextLineBytesMax - _line)];
        int feed = rest.IndexOf((byte)'\n');
        int taken = feed < 0 ? rest.Length : feed + 1;
        bool ends = feed > 0 ? rest[feed - 1] == '\r' : feed == 0 && _afterReturn;
        _afterReturn = rest[taken - 1] == '\r';
        _line += taken;
        at += taken;
        if (ends) return Ended();
        return _line < TextLineBytesMax ? FrameStatus.NeedMore : FrameStatus.Malformed;
    }

    private FrameStatus TakeBulk(ReadOnlySpan<byte> fresh, ref int at)
    {
        int skipped = (int)Math.Min(_skip, fresh.Length - at);
        at += skipped;
        _skip -= skipped;
        if (_skip > 0) return FrameStatus.NeedMore;
        if (fresh.Length - at >= 2 && fresh[at] == '\r' && fresh[at + 1] == '\n')
        {
            at += 2;
            return Ended();
        }

        _step = Step.Return;
        return FrameStatus.NeedMore;
    }

    /// <summary>For lines with a number that are cut, long, negative or wrong, for line ends that are, and for lines of one letter.</summary>
    private FrameStatus TakeByte(byte next)
    {
        switch (_step)
        {
            case Step.Number when next == '\r':
                _step = Step.NumberLineFeed;
                return FrameStatus.NeedMore;
            case Step.Number:
                _number.Take(next);
                return ++_line < NumberLineBytesMax - 1 ? FrameStatus.NeedMore : FrameStatus.Malformed;
            case Step.NumberLineFeed when next == '\n' && _number.TryGet(out long number):
                return Numbered(number);
            case Step.Boolean when next is (byte)'t' or (byte)'f':
                _step = Step.Return;
                return FrameStatus.NeedMore;
            case Step.Return when next == '\r':
                _step = Step.LineFeed;
                return FrameStatus.NeedMore;
            case Step.LineFeed when next == '\n':
                return Ended();
            default:
                return FrameStatus.Malformed;
        }
    }

    /// <summary>What the number that was read begins, or ends.</summary>
    private FrameStatus Numbered(long number)
    {
        if (_marker == ':') return Ended();
        if (number < 0) return number == -1 && _marker is (byte)'$' or (byte)'*' ? Ended() : FrameStatus.Malformed;
        return _marker switch
        {
            (byte)'$' or (byte)'!' or (byte)'=' => Bulk(number),
            (byte)'|' => Attribute(number),
            (byte)'%' => Aggregate(number, each: 2),
            _ => Aggregate(number, each: 1),
        };
    }

    private FrameStatus Bulk(long number)
    {
        if (number > BulkBytesMax) return FrameStatus.Malformed;
        _skip = number;
        _step = Step.Bulk;
        return FrameStatus.NeedMore;
    }

    private FrameStatus Aggregate(long number, int each)
    {
        // In its own place.
        if (number > ElementsMax || number * each > ElementsMax - (_elements - 1)) return FrameStatus.Malformed;
        _elements += number * each;
        return Ended();
    }

    /// <summary>What it stands before has still its place.</summary>
    private FrameStatus Attribute(long number)
    {
        if (number > ElementsMax || number * 2 > ElementsMax - _elements) return FrameStatus.Malformed;
        _elements += number * 2;
        _step = Step.Marker;
        return FrameStatus.NeedMore;
    }

    private FrameStatus Ended()
    {
        _step = Step.Marker;
        return --_elements == 0 ? FrameStatus.Complete : FrameStatus.NeedMore;
    }
}
