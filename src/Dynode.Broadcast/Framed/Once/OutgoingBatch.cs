using Dynode.Log;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>
/// What is sent in one piece: copied together, and where a request is longer than that is worth, from the log's own pages between what comes before and behind it.
/// <code>
///   │ Buffer … │ a long request, lent │ … Buffer │
///              └ <see cref="Split"/>
/// </code>
/// One connection's; written over when all of it has been sent. In turns only.
/// </summary>
internal sealed class OutgoingBatch
{
    private const int CopiedBytesMax = 56 << 10;

    private readonly byte[] _head = new byte[512];
    private LogScan _lent;
    private long _lentEnd;
    private int _split;
    private int _at;

    /// <summary>Takes what is copied.</summary>
    public BatchBuffer Buffer { get; } = new();

    /// <summary>A long request is among it.</summary>
    public bool IsLent { get; private set; }

    /// <summary>All of it has been sent.</summary>
    public bool IsOver => _at == Buffer.Length && !HasLent;

    private bool HasLent => IsLent && _lent.Position < _lentEnd;

    /// <summary>As new.</summary>
    public void Begin()
    {
        Buffer.Cut(0);
        (_at, IsLent) = (0, false);
        _split = int.MaxValue;
    }

    /// <summary>Whether so many bytes are copied.</summary>
    public bool HasRoom(long length) => Buffer.Length + length <= CopiedBytesMax;

    /// <summary>Copies a request.</summary>
    public void Copy(FanOutLog log, LogCursor cursor, LogScan from, long length) => Copy(log, cursor, from, 0, length);

    /// <summary>Copies a part of one.</summary>
    public void Copy(FanOutLog log, LogCursor cursor, LogScan from, int start, long length)
    {
        from.Skip(start);
        while (length > 0 && from.TryRead(log, cursor, out var bytes, out _))
        {
            int count = (int)Math.Min(bytes.Length, length);
            bytes.Span[..count].CopyTo(Buffer.GetSpan(count));
            Buffer.Advance(count);
            from.Skip(count);
            length -= count;
        }
    }

    /// <summary>The first bytes of a request, in one piece.</summary>
    public ReadOnlySpan<byte> Head(FanOutLog log, LogCursor cursor, LogScan from, int length)
    {
        if (from.TryRead(log, cursor, out var bytes, out _) && bytes.Length >= length)
            return bytes.Span[..length];
        Span<byte> head = length <= _head.Length ? _head.AsSpan(0, length) : new byte[length];
        int at = 0;
        while (at < length && from.TryRead(log, cursor, out bytes, out _))
        {
            int count = Math.Min(bytes.Length, length - at);
            bytes.Span[..count].CopyTo(head[at..]);
            from.Skip(count);
            at += count;
        }

        return head;
    }

    /// <summary>The request that begins here is sent from where it lies.</summary>
    public void Lend(LogScan from, long end) => (_lent, _lentEnd, IsLent) = (from, end, true);

    /// <summary>What is written now comes behind all requests.</summary>
    public void Split() => _split = Buffer.Length;

    /// <summary>The contiguous bytes that come next.</summary>
    /// <param name="log">The log.</param>
    /// <param name="cursor">Holds what is lent.</param>
    /// <param name="bytes">Them.</param>
    /// <param name="page">Where they are; null: in the buffer.</param>
    /// <returns>False: that was all.</returns>
    public bool TryRead(FanOutLog log, LogCursor cursor, out ReadOnlyMemory<byte> bytes, out Page? page)
    {
        page = null;
        bytes = default;
        if (HasLent && _at >= _split)
        {
            bool isThere = _lent.TryRead(log, cursor, out bytes, out page);
            bytes = bytes[..(int)Math.Min(bytes.Length, _lentEnd - _lent.Position)];
            return isThere;
        }

        int end = HasLent ? Math.Min(_split, Buffer.Length) : Buffer.Length;
        bytes = Buffer.Written[_at..end];
        return !bytes.IsEmpty;
    }

    /// <summary>The kernel has taken so many of them.</summary>
    public void Skip(int count)
    {
        if (HasLent && _at >= _split)
            _lent.Skip(count);
        else
            _at += count;
    }
}
