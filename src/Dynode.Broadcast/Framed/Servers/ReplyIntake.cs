using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>A reply, or a part of one that does not fit into one read.</summary>
internal readonly ref struct ReplyPart
{
    /// <summary>Valid until the next read.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The reply begins with it.</summary>
    public bool IsFirst { get; init; }

    /// <summary>The reply ends with it.</summary>
    public bool IsLast { get; init; }
}

/// <summary>
/// Where one server connection's replies are read into and found: what has been taken is written over. A reply that fills the page is
/// given in parts. In turns only.
/// </summary>
internal struct ReplyIntake(PagePool pool, IReplyReader reader)
{
    private ReplyRoom _room = new(pool);
    private int _start;
    private int _scanned;
    private int _end;
    private bool _inParts;

    /// <summary>Bytes are here that have not been taken.</summary>
    public readonly bool HasBytes => _end > _start;

    /// <summary>Those.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _room.Span[_start.._end];

    /// <summary>Room to read into; it belongs to the caller until it says what came.</summary>
    /// <returns>False: memory for replies is spent.</returns>
    public bool TryTakeRoom(out Memory<byte> room)
    {
        room = default;
        if (_start == _end)
        {
            _start = _scanned = _end = 0;
            if (!_room.TryBegin())
                return false;
        }
        else if (_start > 0 && _end == _room.Capacity)
        {
            _room.Span[_start.._end].CopyTo(_room.Span);
            _scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        room = _room.Bytes[_end..];
        return true;
    }

    public void Received(int count) => _end += count;

    /// <summary>
    /// How often in a row the next reply is this one: replies end by their own bytes, so what begins with a whole one is that one.
    /// </summary>
    /// <param name="reply">A whole one.</param>
    /// <param name="max">No more are counted.</param>
    public readonly int CountNext(ReadOnlySpan<byte> reply, int max)
    {
        if (_inParts || _start != _scanned)
            return 0;
        var bytes = _room.Span[_start.._end];
        if (!bytes.StartsWith(reply))
            return 0;

        // What repeats is the same as itself further on.
        bytes = bytes[..Math.Min(bytes.Length, max * reply.Length)];
        return 1 + (bytes[reply.Length..].CommonPrefixLength(bytes) / reply.Length);
    }

    /// <summary>Takes so many bytes, of replies that <see cref="CountNext"/> has counted.</summary>
    public void Skip(int count) => _start = _scanned += count;

    /// <summary>The next reply, or part of one.</summary>
    /// <returns>NeedMore: there is none yet. Malformed: this is no reply.</returns>
    public FrameStatus TryTake(out ReplyPart part)
    {
        part = default;
        var bytes = _room.Span;
        if (_scanned < _end)
        {
            var status = reader.Advance(bytes[_scanned.._end], out int consumed);
            _scanned += consumed;
            if (status == FrameStatus.Malformed)
                return status;
            if (status == FrameStatus.Complete)
            {
                part = new ReplyPart { Bytes = bytes[_start.._scanned], IsFirst = !_inParts, IsLast = true };
                _start = _scanned;
                _inParts = false;
                return status;
            }
        }

        if (_end == _start || !(_inParts || (_start == 0 && _end == _room.Capacity)))
            return FrameStatus.NeedMore;
        part = new ReplyPart { Bytes = bytes[_start.._end], IsFirst = !_inParts };
        _inParts = true;
        _start = _scanned = _end = 0;
        return FrameStatus.Complete;
    }

    /// <summary>What has come and was not taken.</summary>
    public readonly ReadOnlySpan<byte> Held => _room.Span[_start.._end];

    /// <summary>Sees to it that more can be read before any of this is taken.</summary>
    /// <returns>False: it is full, and memory for replies is spent.</returns>
    public bool TryKeepAll() => _start > 0 || _end < _room.Capacity || _room.TryGrow();

    /// <summary>The reply that was taken last, whole, has not been: it is here as before.</summary>
    public void TakeBack(int length) => _start = _scanned = _start - length;

    /// <summary>Forgets what lies behind so many bytes of what is held.</summary>
    public void Cut(int length) => _end = _start + Math.Min(length, _end - _start);

    /// <summary>What is here is wanted by nobody.</summary>
    public void Forget() => _start = _scanned = _end = 0;

    /// <summary>Gives the page back.</summary>
    public void Release()
    {
        _room.Release();
        _start = _scanned = _end = 0;
    }
}
