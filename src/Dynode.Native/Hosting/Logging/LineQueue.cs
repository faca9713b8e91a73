namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// Lines on their way to the one thread that writes them: two buffers that take turns. Whoever logs copies its line into the
/// one under a short lock and never waits; the writer takes all that has come in one piece. What does not fit is counted.
/// At rest the buffer that is being filled holds whole lines only.
/// </summary>
#pragma warning disable CA1001 // The semaphore owns nothing: its wait handle is never asked for. And disposing it could meet a late caller.
internal sealed class LineQueue
#pragma warning restore CA1001
{
    /// <summary>Of each of the two buffers; some two thousand lines.</summary>
    public const int QueueBytesMax = 256 << 10;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _filled = new(0);

    // Not cleared, so that pages of them which no line has reached are no resident memory.
    private byte[] _filling = GC.AllocateUninitializedArray<byte>(QueueBytesMax);
    private byte[] _writing = GC.AllocateUninitializedArray<byte>(QueueBytesMax);
    private int _bytes;
    private int _lines;
    private long _dropped;
    private bool _closed;

    /// <summary>Lines that did not fit, came too late, or could not be written.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
                return _dropped;
        }
    }

    public void Add(ReadOnlySpan<byte> line)
    {
        bool isFirst;
        lock (_gate)
        {
            if (_closed || line.Length > _filling.Length - _bytes)
            {
                _dropped++;
                return;
            }

            isFirst = _bytes == 0;
            line.CopyTo(_filling.AsSpan(_bytes));
            _bytes += line.Length;
            _lines++;
        }

        if (isFirst)
            _filled.Release();
    }

    /// <summary>Waits for lines and takes them all. False: closed, and nothing is left.</summary>
    public bool Take(out ReadOnlyMemory<byte> batch, out int lines)
    {
        while (true)
        {
            _filled.Wait();
            lock (_gate)
            {
                if (_bytes == 0 && !_closed)
                    continue;
                (_filling, _writing) = (_writing, _filling);
                batch = _writing.AsMemory(0, _bytes);
                lines = _lines;
                _bytes = 0;
                _lines = 0;
                return lines > 0;
            }
        }
    }

    public void CountDropped(int lines)
    {
        lock (_gate)
            _dropped += lines;
    }

    /// <summary>Takes no more lines; those that are in it can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        _filled.Release();
    }
}
