namespace Dynode.Protocols.Memcached;

/// <summary>
/// One server's replies. Each says by its first word where it ends:
/// <code>
///   VALUE key flags bytes [cas] ─▶ block ─▶ VALUE … or END     STAT … ─▶ STAT … or END
///   VA size flags… ─▶ block                                    any other line: itself
/// </code>
/// An error may stand in the place of END.
/// </summary>
internal sealed class MemcachedReplyReader : IReplyReader
{
    /// <summary>The longest line, LF included.</summary>
    public const int LineBytesMax = 64 << 10;

    /// <summary>The longest block, without the CR LF behind it: memcached's own limit for an item.</summary>
    public const long BlockBytesMax = 1L << 30;

    private static readonly (TokenName Name, Kind Kind)[] Kinds =
    [
        (TokenName.Of("VALUE"u8), Kind.Value),
        (TokenName.Of("END"u8), Kind.End),
        (TokenName.Of("VA"u8), Kind.MetaValue),
        (TokenName.Of("STAT"u8), Kind.Stat),
        (TokenName.Of("ERROR"u8), Kind.Error),
        (TokenName.Of("CLIENT_ERROR"u8), Kind.Error),
        (TokenName.Of("SERVER_ERROR"u8), Kind.Error),
    ];

    private TokenScan _scan;
    private long _block;
    private int _lineLength;
    private Kind _kind;
    private Stage _stage;
    private List _list;

    private enum Kind : byte
    {
        Other,
        Value,
        MetaValue,
        Stat,
        End,
        Error,
    }

    private enum Stage : byte
    {
        Line,
        Block,
        Cr,
        Lf,
        Broken,
    }

    private enum List : byte
    {
        None,
        Values,
        Stats,
    }

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, out int consumed)
    {
        consumed = 0;
        var status = FrameStatus.NeedMore;
        while (status == FrameStatus.NeedMore && consumed < fresh.Length)
        {
            if (_stage == Stage.Block)
            {
                int take = (int)Math.Min(_block, fresh.Length - consumed);
                consumed += take;
                _block -= take;
                if (_block == 0)
                    _stage = Stage.Cr;
                continue;
            }

            status = AdvanceByte(fresh[consumed]);
            consumed += status == FrameStatus.Malformed ? 0 : 1;
        }

        if (status == FrameStatus.Malformed)
            _stage = Stage.Broken;
        return status;
    }

    private FrameStatus AdvanceByte(byte next)
    {
        switch (_stage)
        {
            case Stage.Line:
                if (_lineLength == LineBytesMax)
                    return FrameStatus.Malformed;
                _lineLength++;
                var mark = _scan.Take(next);
                if ((mark & ScanMark.Token) != 0)
                    EndToken();
                return (mark & ScanMark.Line) != 0 ? EndLine() : FrameStatus.NeedMore;
            case Stage.Cr when next == '\r':
                _stage = Stage.Lf;
                return FrameStatus.NeedMore;
            case Stage.Lf when next == '\n':
                _stage = Stage.Line;
                return _list == List.None ? FrameStatus.Complete : FrameStatus.NeedMore;
            default:
                return FrameStatus.Malformed;
        }
    }

    private void EndToken()
    {
        if (_scan.Tokens == 1)
        {
            _kind = KindOf(_scan.Name);
            _block = TokenScan.NoNumber;
        }

        // VALUE key flags bytes, VA size.
        if ((_kind == Kind.Value && _scan.Tokens == 4) || (_kind == Kind.MetaValue && _scan.Tokens == 2))
            _block = _scan.Number;
    }

    private FrameStatus EndLine()
    {
        var kind = _kind;
        bool empty = _scan.Tokens == 0;
        _scan = default;
        _lineLength = 0;
        _kind = Kind.Other;
        bool isFirst = _list == List.None;
        switch (kind)
        {
            case Kind.Value when isFirst || _list == List.Values:
                _list = List.Values;
                return BeginBlock(_block);
            case Kind.MetaValue when isFirst:
                return BeginBlock(_block);
            case Kind.Stat when isFirst || _list == List.Stats:
                _list = List.Stats;
                return FrameStatus.NeedMore;
            case Kind.End or Kind.Error:
                _list = List.None;
                return FrameStatus.Complete;
            default:
                return isFirst && !empty ? FrameStatus.Complete : FrameStatus.Malformed;
        }
    }

    private FrameStatus BeginBlock(long length)
    {
        if (length is TokenScan.NoNumber or > BlockBytesMax)
            return FrameStatus.Malformed;
        _block = length;
        _stage = length == 0 ? Stage.Cr : Stage.Block;
        return FrameStatus.NeedMore;
    }

    private static Kind KindOf(TokenName first)
    {
        foreach (var (name, kind) in Kinds)
        {
            if (name == first)
                return kind;
        }

        return Kind.Other;
    }
}
