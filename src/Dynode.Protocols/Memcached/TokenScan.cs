namespace Dynode.Protocols.Memcached;

/// <summary>What ended with a byte of a line.</summary>
[Flags]
internal enum ScanMark : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A token, before this byte.</summary>
    Token = 1,

    /// <summary>The line, with this byte.</summary>
    Line = 2,
}

/// <summary>
/// A line, byte by byte, by memcached's rules: tokens stand between spaces, and the line ends with LF or CR LF. It keeps of the
/// token at hand what tells names from names and numbers from others, so that a line in many pieces needs no buffer.
/// A mutable struct: kept in a field, never copied.
/// </summary>
internal struct TokenScan
{
    /// <summary><see cref="Number"/> of a token with anything but digits in it.</summary>
    public const long NoNumber = -1;

    /// <summary><see cref="Number"/> of every number beyond it.</summary>
    public const long NumberMax = 1L << 40;

    private ulong _head;
    private ulong _tail;
    private bool _inToken;
    private bool _sawCr;

    /// <summary>Tokens that have ended.</summary>
    public int Tokens { get; private set; }

    /// <summary>Bytes of the last token.</summary>
    public int TokenBytes { get; private set; }

    /// <summary>What it says, if it has at most <see cref="TokenName.BytesMax"/> bytes.</summary>
    public readonly TokenName Name => new(_head, _tail, (byte)Math.Min(TokenBytes, TokenName.BytesMax + 1));

    /// <summary>What it says when it is a number.</summary>
    public long Number { get; private set; }

    /// <summary>
    /// The line has a control character, a CR anywhere but at its end, or begins with a space. Versions of memcached read such
    /// lines differently: some end them at a NUL, some skip leading spaces.
    /// </summary>
    public bool Odd { get; private set; }

    /// <summary>Takes the next byte of the line.</summary>
    public ScanMark Take(byte next)
    {
        if (next == '\n')
            return ScanMark.Line | EndToken();
        if (_sawCr)
        {
            _sawCr = false;
            Odd = true;
            Append((byte)'\r');
        }

        switch (next)
        {
            case (byte)'\r':
                _sawCr = true;
                return ScanMark.None;
            case (byte)' ':
                Odd |= !_inToken && Tokens == 0;
                return EndToken();
            default:
                Odd |= next is < 0x20 or 0x7f;
                Append(next);
                return ScanMark.None;
        }
    }

    private ScanMark EndToken()
    {
        if (!_inToken)
            return ScanMark.None;
        _inToken = false;
        Tokens++;
        return ScanMark.Token;
    }

    private void Append(byte next)
    {
        if (!_inToken)
        {
            _inToken = true;
            TokenBytes = 0;
            _head = 0;
            _tail = 0;
            Number = 0;
        }

        if (TokenBytes < sizeof(ulong))
            _head |= (ulong)next << (8 * TokenBytes);
        _tail = (_tail << 8) | next;
        TokenBytes++;
        if (Number != NoNumber)
            Number = next is >= (byte)'0' and <= (byte)'9' ? Math.Min((Number * 10) + (next - '0'), NumberMax) : NoNumber;
    }
}
