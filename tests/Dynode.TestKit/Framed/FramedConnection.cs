namespace Dynode.TestKit.Framed;

/// <summary>
/// One connection of a <see cref="FramedServer"/>: what came that is no whole request yet, and the replies that wait. The
/// server's lock guards everything.
/// </summary>
internal sealed class FramedConnection(ScriptedConnection tcp, IFraming framing)
{
    private const int SendBytesMax = 64 * 1024;
    private readonly Queue<Part> _waiting = new();
    private byte[] _ahead = [];
    private int _aheadCount;
    private bool _halted;

    public ScriptedConnection Tcp => tcp;

    public IFraming Framing => framing;

    /// <summary>Requests that were no preamble.</summary>
    public int Requests { get; set; }

    /// <summary>The last reply ends it: what else comes was never received.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Somebody sends what waits.</summary>
    public bool IsSending { get; set; }

    /// <summary>Of a request that is not whole.</summary>
    public int HalfRequestBytes => _aheadCount;

    /// <summary>Replies, or the rest of one, that are not on their way.</summary>
    public int Withheld => _waiting.Count;

    public void Bring(ReadOnlySpan<byte> read)
    {
        // Doubled, so that a large request costs no copy for each of its reads.
        if (_ahead.Length < _aheadCount + read.Length) Array.Resize(ref _ahead, Math.Max(2 * _ahead.Length, _aheadCount + read.Length));
        read.CopyTo(_ahead.AsSpan(_aheadCount));
        _aheadCount += read.Length;
    }

    /// <summary>All requests that are whole, each taken when it is asked for.</summary>
    public IEnumerable<string[]> TakeRequests()
    {
        int at = 0;
        while (!IsOver && framing.Take(_ahead.AsSpan(at, _aheadCount - at), out int length) is { } words)
        {
            at += length;
            if (words.Length > 0) yield return words;
        }

        // What follows a last reply was never looked at.
        _aheadCount = IsOver ? 0 : _aheadCount - at;
        Array.Copy(_ahead, at, _ahead, 0, _aheadCount);
    }

    public void Answer(FramedReply reply, bool isPreamble)
    {
        IsOver = reply.Then != ReplyThen.GoOn;
        bool halts = reply.HaltsAt >= 0;
        if (halts) _waiting.Enqueue(new Part(reply.Bytes[..reply.HaltsAt], isPreamble, true, ReplyThen.GoOn));
        if (halts || reply.Bytes.Length > 0 || IsOver)
            _waiting.Enqueue(new Part(halts ? reply.Bytes[reply.HaltsAt..] : reply.Bytes, isPreamble, false, reply.Then, IsRest: halts));
    }

    public void EndHalt() => _halted = false;

    public void Forget() => _waiting.Clear();

    /// <summary>What may be sent now; empty and to go on: nothing.</summary>
    /// <param name="mayAnswer">Given whether it is a preamble's; takes the permission for one reply.</param>
    /// <param name="answers">How many replies begin in it.</param>
    public (byte[] Bytes, ReplyThen Then) Next(Func<bool, bool> mayAnswer, out int answers)
    {
        var bytes = new MemoryStream();
        answers = 0;
        while (!_halted && bytes.Length < SendBytesMax && _waiting.TryPeek(out Part part) && (part.IsRest || mayAnswer(part.IsPreamble)))
        {
            _waiting.Dequeue();
            bytes.Write(part.Bytes);
            if (!part.IsRest) answers++;
            if (part.Then != ReplyThen.GoOn) return (bytes.ToArray(), part.Then);
            _halted = part.Halts;
        }

        return (bytes.ToArray(), ReplyThen.GoOn);
    }

    private readonly record struct Part(byte[] Bytes, bool IsPreamble, bool Halts, ReplyThen Then, bool IsRest = false);
}
