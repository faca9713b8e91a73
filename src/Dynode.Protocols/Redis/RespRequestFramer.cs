using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Finds where one request ends after the other, as redis reads them (<c>processInlineBuffer</c>, <c>processMultibulkBuffer</c> of
/// https://github.com/redis/redis/blob/7.0/src/networking.c), and where its first arguments lie. It holds no bytes.
/// <code>
///   *2 CR LF        $3 CR LF        GET CR LF       $1 CR LF        k CR LF
///   a line ─▶ count a line ─▶ skip  skipped         a line ─▶ skip  skipped ─▶ Complete
///   anything else is a line of words: LF ends it ─────────────────────────────▶ Complete
/// </code>
/// redis does not look at the byte behind a line's CR, nor at the two behind a bulk. Neither do we: what is forwarded must
/// be read by the servers as it was read here.
/// <para>The default value is ready. A mutable struct, owned by its client's reader.</para>
/// </summary>
internal struct RespRequestFramer
{
    /// <summary>Arguments of one request. As many as redis before 7.0 allows; 7.0 has 2^31 - 1, which is no limit.</summary>
    public const int ArgumentsMax = 1024 * 1024;

    /// <summary>Bytes of a request of words, its line end included. redis has 64 KiB; here it is encoded anew, and people type it.</summary>
    public const int InlineBytesMax = 16 << 10;

    /// <summary>
    /// Bytes of a line with a number, CRLF included. redis waits for 64 KiB before it says so, but no number that it takes
    /// has more than 20 digits.
    /// </summary>
    public const int HeaderLineBytesMax = 32;

    /// <summary>How many arguments <see cref="Argument"/> knows.</summary>
    public const int ArgumentsKnownMax = 3;

    /// <summary>The shortest bulk: <c>$0 CR LF CR LF</c>.</summary>
    private const int BulkBytesLeast = 6;

    private long _declared;

    // Of the bulk that is being skipped, its line end included; 0: a line with a number is being read.
    private long _skip;
    private RespNumber _number;
    private byte _lineLength;
    private byte _known;
    private bool _lineEnds;
    private bool _counted;
    private int _argumentsLeft;
    private FirstArguments _arguments;

    /// <summary>Bytes of the current request that were taken.</summary>
    public long Length { get; private set; }

    /// <summary>The least length in bytes that the current request will have by what it declared so far; never below <see cref="Length"/>.</summary>
    public readonly long DeclaredLength => Math.Max(_declared, Length);

    /// <summary>It is a line of words, for <see cref="RespInline"/>.</summary>
    public bool IsInline { get; private set; }

    /// <summary>How many arguments were declared; 0 for a line of words, and for <c>*0</c> and <c>*-1</c>, which redis ignores.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>Why the last status was <see cref="FrameStatus.Malformed"/>.</summary>
    public RespFault Fault { get; private set; }

    /// <summary>Where an argument lies; absent also while its length is not known, and where it begins beyond <see cref="IRequestReader.HeadBytesMax"/>.</summary>
    /// <param name="index">0 to 2.</param>
    public readonly RespArgument Argument(int index) => index < _known ? _arguments[index] : RespArgument.Absent;

    /// <summary>After <see cref="FrameStatus.Complete"/>: makes ready for the next request.</summary>
    public void Next() => this = default;

    /// <summary>Takes the bytes that follow the last ones taken.</summary>
    /// <param name="fresh">Never seen before.</param>
    /// <param name="requestBytesMax">The longest request, in bytes, all of its framing included.</param>
    /// <param name="consumed">How many were taken: all, unless a request ended, or its fault was seen, before.</param>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, long requestBytesMax, out int consumed)
    {
        consumed = 0;
        if (Fault != RespFault.None) return FrameStatus.Malformed;
        if (fresh.IsEmpty) return FrameStatus.NeedMore;
        if (Length == 0) IsInline = fresh[0] != '*';
        var status = IsInline ? AdvanceInline(fresh, requestBytesMax, ref consumed) : AdvanceArray(fresh, requestBytesMax, ref consumed);
        Length += consumed;
        return status;
    }

    /// <summary>The error that redis would send: without CRLF, and without the limit (<see cref="RespLimit"/>).</summary>
    public static ReadOnlySpan<byte> Text(RespFault fault) => fault switch
    {
        RespFault.TooBigInline or RespFault.ZeroInline => "-ERR Protocol error: too big inline request"u8,
        RespFault.UnbalancedQuotes => "-ERR Protocol error: unbalanced quotes in request"u8,
        RespFault.InvalidMultibulkLength or RespFault.TooManyArguments or RespFault.TooLongByCount => "-ERR Protocol error: invalid multibulk length"u8,
        RespFault.InvalidBulkLength or RespFault.TooLongByBulk => "-ERR Protocol error: invalid bulk length"u8,
        RespFault.TooBigMultibulkCount => "-ERR Protocol error: too big mbulk count string"u8,
        RespFault.TooBigBulkCount => "-ERR Protocol error: too big bulk count string"u8,
        // Allocates, for a client that is about to be closed.
        >= RespFault.ExpectedBulk => (byte[])[.. "-ERR Protocol error: expected '$', got '"u8, Printed((byte)(fault - RespFault.ExpectedBulk)), (byte)'\''],
        _ => default,
    };

    // As redis does, so that the error stays one line.
    private static byte Printed(byte found) => found is (byte)'\r' or (byte)'\n' ? (byte)' ' : found;

    private FrameStatus AdvanceInline(ReadOnlySpan<byte> fresh, long requestBytesMax, ref int at)
    {
        // To redis a zero byte ends what it searches for the LF, so such a line has no end there.
        int end = fresh.IndexOfAny((byte)'\n', (byte)0);
        int taken = end < 0 ? fresh.Length : end + 1;
        long max = Math.Min(InlineBytesMax, requestBytesMax);
        if (Length + taken > max)
        {
            at = (int)Math.Clamp(max + 1 - Length, 0, taken);
            return Malformed(RespFault.TooBigInline);
        }

        at = taken;
        if (end < 0) return FrameStatus.NeedMore;
        return fresh[end] == '\n' ? FrameStatus.Complete : Malformed(RespFault.ZeroInline);
    }

    private FrameStatus AdvanceArray(ReadOnlySpan<byte> fresh, long requestBytesMax, ref int at)
    {
        while (at < fresh.Length)
        {
            if (_skip > 0)
            {
                int skipped = (int)Math.Min(_skip, fresh.Length - at);
                at += skipped;
                _skip -= skipped;
                if (_skip > 0) return FrameStatus.NeedMore;
                if (--_argumentsLeft == 0) return FrameStatus.Complete;
                continue;
            }

            long number = 0;
            int line = _lineLength == 0 && fresh[at] == Marker ? RespNumber.ReadShortLine(fresh[at..], out number) : 0;
            if (line > 0)
            {
                at += line;
            }
            else
            {
                var taken = TakeOfLine(fresh[at++], out number);
                if (taken == FrameStatus.NeedMore) continue;
                if (taken == FrameStatus.Malformed) return taken;
            }

            var status = _counted ? DeclareBulk(number, Length + at, requestBytesMax) : DeclareCount(number, Length + at, requestBytesMax);
            if (status != FrameStatus.NeedMore) return status;
        }

        return FrameStatus.NeedMore;
    }

    private readonly byte Marker => _counted ? (byte)'$' : (byte)'*';

    /// <summary>One byte of a line with a number, for lines that are cut, long or wrong.</summary>
    private FrameStatus TakeOfLine(byte next, out long number)
    {
        number = 0;
        bool first = _lineLength++ == 0;
        if (first)
        {
            return next == Marker ? FrameStatus.NeedMore : Malformed(RespFault.ExpectedBulk + next);
        }

        if (_lineEnds)
        {
            bool valid = _number.TryGet(out number);
            _number = default;
            _lineLength = 0;
            _lineEnds = false;
            return valid ? FrameStatus.Complete : Malformed(_counted ? RespFault.InvalidBulkLength : RespFault.InvalidMultibulkLength);
        }

        if (_lineLength == HeaderLineBytesMax) return Malformed(_counted ? RespFault.TooBigBulkCount : RespFault.TooBigMultibulkCount);
        if (next == '\r') _lineEnds = true;
        else _number.Take(next);
        return FrameStatus.NeedMore;
    }

    private FrameStatus DeclareCount(long count, long position, long requestBytesMax)
    {
        if (count > ArgumentsMax) return Malformed(RespFault.TooManyArguments);
        _counted = true;
        ArgumentCount = _argumentsLeft = (int)Math.Max(count, 0);
        _declared = position + ((long)_argumentsLeft * BulkBytesLeast);
        if (_declared > requestBytesMax) return Malformed(RespFault.TooLongByCount);
        return _argumentsLeft == 0 ? FrameStatus.Complete : FrameStatus.NeedMore;
    }

    private FrameStatus DeclareBulk(long length, long position, long requestBytesMax)
    {
        long others = position + 2 + ((long)(_argumentsLeft - 1) * BulkBytesLeast);
        if (length < 0) return Malformed(RespFault.InvalidBulkLength);
        if (length > requestBytesMax - others) return Malformed(RespFault.TooLongByBulk);
        _declared = others + length;
        _skip = length + 2;
        if (_known < ArgumentsKnownMax && position < IRequestReader.HeadBytesMax)
            _arguments[_known++] = new RespArgument((int)position, (int)Math.Min(length, int.MaxValue));
        return FrameStatus.NeedMore;
    }

    private FrameStatus Malformed(RespFault fault)
    {
        Debug.Assert(fault != RespFault.None, "a fault has a name");
        Fault = fault;
        return FrameStatus.Malformed;
    }

    [InlineArray(ArgumentsKnownMax)]
    private struct FirstArguments
    {
        private RespArgument _first;
    }
}
