using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Memcached;

/// <summary>
/// One client's requests: a line, and behind storage lines a block of as many bytes as the line says, and CR LF. What could be
/// read otherwise by a server, or by another version of it, is never forwarded: where a line says how long its block is, the
/// block is taken with it, whatever else is wrong; where that is not certain, the client is closed.
/// <see href="https://github.com/memcached/memcached/blob/master/doc/protocol.txt"/>
/// <code>
///   line ─ no block ──────────────────────▶ complete
///    └──── block ─▶ bytes ─▶ CR ─▶ LF ────▶ complete
/// </code>
/// </summary>
internal sealed class MemcachedRequestReader : IRequestReader
{
    /// <summary>
    /// The longest line, LF included. memcached closes a connection when 2049 bytes have come without an LF: a longer line is
    /// taken or not, as its pieces happen to arrive.
    /// </summary>
    public const int LineBytesMax = 2048;

    /// <summary>The longest line of get and gets, for which memcached has no limit: 4,000 of the longest keys.</summary>
    public const int LongLineBytesMax = 1 << 20;

    // The first byte of the binary protocol's every request.
    private const byte BinaryMagic = 0x80;

    // A length has no more digits; with more, it is the zeros before it that servers may read differently.
    private const int LengthDigitsMax = 10;

    private static readonly TokenName NoReply = TokenName.Of("noreply"u8);

    private TokenScan _scan;
    private MemcachedVerb? _verb;
    private long _declared;
    private long _block = TokenScan.NoNumber;
    private int _lineLength;
    private long _requestBytesMax;
    private Stage _stage;
    private MemcachedFault _fault;
    private bool _badKey;
    private bool _isHttp;

    private enum Stage : byte
    {
        Line,
        Block,
        Cr,
        Lf,
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <summary>Known when the line has come.</summary>
    public long DeclaredLength => Math.Max(_declared, Length);

    /// <inheritdoc/>
    public string Fault => _isHttp && _fault == MemcachedFault.None ? "this is memcached, not HTTP" : MemcachedFaultText.ForLog(_fault, LineLimit, _requestBytesMax);

    /// <inheritdoc/>
    public string Part => string.Create(CultureInfo.InvariantCulture, $"half a request, {Length} bytes of at least {DeclaredLength}");

    private long LineLimit => Math.Min(_verb?.LineBytesMax ?? LineBytesMax, _requestBytesMax);

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed)
    {
        consumed = 0;
        if (_fault != MemcachedFault.None)
            return FrameStatus.Malformed;
        _requestBytesMax = settings.RequestBytesMax;
        var status = _stage == Stage.Line ? AdvanceLine(fresh, out consumed) : FrameStatus.NeedMore;
        if (status == FrameStatus.NeedMore && _stage != Stage.Line)
        {
            status = AdvanceBlock(fresh[consumed..], out int ofBlock);
            consumed += ofBlock;
        }

        return status;
    }

    /// <inheritdoc/>
    public RequestVerdict Judge(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings)
    {
        var verdict = Decide(head, scratch, settings);
        Length = 0;
        _scan = default;
        _verb = null;
        _declared = 0;
        _block = TokenScan.NoNumber;
        _stage = Stage.Line;
        _badKey = false;
        return verdict;
    }

    /// <inheritdoc/>
    public void WriteFault(IBufferWriter<byte> answer) =>
        LocalAnswer.Write(answer, "CLIENT_ERROR "u8, MemcachedFaultText.ForClient(_fault, LineLimit, _requestBytesMax));

    /// <summary>No request selects anything.</summary>
    public void Settle(bool accepted)
    {
    }

    private FrameStatus AdvanceLine(ReadOnlySpan<byte> fresh, out int consumed)
    {
        for (consumed = 0; consumed < fresh.Length; consumed++)
        {
            byte next = fresh[consumed];
            if (Length == 0 && next == BinaryMagic)
                return Broken(MemcachedFault.Binary);
            if (Length >= LineLimit)
                return Broken(MemcachedFault.LineTooLong);
            var mark = _scan.Take(next);
            if ((mark & ScanMark.Token) != 0)
                EndToken();
            if ((mark & ScanMark.Line) != 0)
            {
                var status = EndLine();
                consumed += status == FrameStatus.Malformed ? 0 : 1;
                return status;
            }

            Length++;
        }

        return FrameStatus.NeedMore;
    }

    private void EndToken()
    {
        int token = _scan.Tokens - 1;
        if (token == 0)
        {
            _verb = MemcachedVerb.Find(_scan.Name);
            return;
        }

        if (_verb is not { } verb)
            return;
        if (token == verb.LengthToken)
            _block = _scan.TokenBytes > LengthDigitsMax && _scan.Number < TokenScan.NumberMax ? TokenScan.NoNumber : _scan.Number;

        // The keys of a get may go on behind what Judge gets to see. One that is too long makes memcached 1.6.45 take back what it
        // has answered to earlier requests and not yet sent; one that is called noreply makes it hide an error.
        if (verb.Form == VerbForm.Get)
            _badKey |= _scan.TokenBytes > ClassicRules.KeyBytesMax || _scan.Name == NoReply;
    }

    private FrameStatus EndLine()
    {
        bool hasBlock = _verb is { LengthToken: > 0 } verb && _scan.Tokens > verb.LengthToken;
        if (hasBlock && _block == TokenScan.NoNumber)
            return Broken(MemcachedFault.NoLength);
        long length = Length + 1 + (hasBlock ? _block + 2 : 0);
        if (hasBlock && (length > _requestBytesMax || _block > int.MaxValue - 2))
            return Broken(MemcachedFault.TooLarge);
        Length++;
        _lineLength = (int)Length;
        _declared = length;
        if (!hasBlock)
            return FrameStatus.Complete;
        _stage = Stage.Block;
        return FrameStatus.NeedMore;
    }

    private FrameStatus AdvanceBlock(ReadOnlySpan<byte> fresh, out int consumed)
    {
        consumed = 0;
        if (_stage == Stage.Block)
        {
            consumed = (int)Math.Min(_declared - 2 - Length, fresh.Length);
            Length += consumed;
            if (Length == _declared - 2)
                _stage = Stage.Cr;
        }

        while (_stage != Stage.Block && consumed < fresh.Length)
        {
            if (fresh[consumed] != (_stage == Stage.Cr ? (byte)'\r' : (byte)'\n'))
                return Broken(MemcachedFault.NoBlockEnd);
            consumed++;
            Length++;
            if (_stage == Stage.Lf)
                return FrameStatus.Complete;
            _stage = Stage.Lf;
        }

        return FrameStatus.NeedMore;
    }

    private FrameStatus Broken(MemcachedFault fault)
    {
        _fault = fault;
        return FrameStatus.Malformed;
    }

    private RequestVerdict Decide(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings)
    {
        if (_verb is { Form: VerbForm.Get } get)
            return JudgeGet(get, scratch, settings);
        var tokens = new LineTokens(head[..Math.Min(_lineLength, head.Length)]);
        if (_verb is not { } verb)
            return JudgeUnknown(tokens, scratch);
        switch (verb.Form)
        {
            case VerbForm.Meta:
                return MetaRules.Judge(verb, tokens, _scan.Odd, scratch, settings);
            case VerbForm.MetaDebug:
                return MetaRules.JudgeDebug(verb, tokens, _scan.Odd, scratch, settings);
            case VerbForm.Stats:
                return ClassicRules.JudgeStats(verb, tokens, _scan.Odd, scratch);
            case VerbForm.Version:
                MemcachedVersion.Write(settings.Servers, scratch.Answer);
                return new RequestVerdict { Action = RequestAction.Answer, Replies = 0 };
            case VerbForm.Refused:
                return LocalAnswer.Refuse(scratch, verb.Answer);
            case VerbForm.Local:
                Encoding.ASCII.GetBytes(verb.Answer, scratch.Answer);
                return new RequestVerdict { Action = RequestAction.Answer, Replies = 0, Closes = verb.Closes };
            default:
                return ClassicRules.Judge(verb, tokens, _scan.Odd, scratch, settings);
        }
    }

    private RequestVerdict JudgeGet(MemcachedVerb verb, RequestScratch scratch, ProtocolSettings settings)
    {
        if (_scan.Tokens <= verb.ArgumentsMin)
            return LocalAnswer.Say(scratch, LocalAnswer.Unknown);
        return _scan.Odd || _badKey ? LocalAnswer.Say(scratch, LocalAnswer.BadFormat) : new RequestVerdict { Class = verb.Class, Reads = verb.Reads && settings.MarksReads };
    }

    // A page that makes a browser POST commands here is cut off at its first line, as by memcached.
    private RequestVerdict JudgeUnknown(in LineTokens tokens, RequestScratch scratch)
    {
        _isHttp = tokens.Last.StartsWith("HTTP/"u8);
        return LocalAnswer.Say(scratch, LocalAnswer.Unknown) with { Closes = _isHttp };
    }
}
