using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The rest of the request in whose midst a connection is ended by us: it goes out before our FIN, for a server must not take half
/// a request for a whole one. It holds its pages itself, and the log goes on without it.
/// <code>
///   ──┬──────────────┬────────── a request ──────────┬──
///     │ the kernel's │ pending │ the rest              │ our FIN
/// </code>
/// </summary>
internal sealed class RequestRest
{
    private readonly Queue<(ReadOnlyMemory<byte> Bytes, Page Page)> _pieces = new();
    private int _offset;

    /// <param name="log">The log.</param>
    /// <param name="cursor">Holds what is read here.</param>
    /// <param name="scan">Where the rest begins.</param>
    /// <param name="end">Where the request ends.</param>
    public RequestRest(FanOutLog log, LogCursor cursor, LogScan scan, long end)
    {
        while (scan.Position < end && scan.TryRead(log, cursor, out var bytes, out var page))
        {
            bytes = bytes[..(int)Math.Min(bytes.Length, end - scan.Position)];
            page.AddRef();
            _pieces.Enqueue((bytes, page));
            scan.Skip(bytes.Length);
        }
    }

    /// <summary>How much of it is left.</summary>
    public long Bytes => _pieces.Sum(static piece => (long)piece.Bytes.Length) - _offset;

    /// <summary>Nothing is left of it.</summary>
    public bool IsOver => _pieces.Count == 0;

    /// <summary>The contiguous bytes that come next.</summary>
    /// <returns>False: that was all.</returns>
    public bool TryRead(out ReadOnlyMemory<byte> bytes, out Page page)
    {
        bool found = _pieces.TryPeek(out var piece);
        (bytes, page) = (piece.Bytes[_offset..], piece.Page);
        return found;
    }

    /// <summary>The kernel has taken them, or has them lent.</summary>
    public void Skip(int count)
    {
        _offset += count;
        if (_offset < _pieces.Peek().Bytes.Length)
            return;
        _pieces.Dequeue().Page.Release();
        _offset = 0;
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release()
    {
        while (_pieces.TryDequeue(out var piece))
            piece.Page.Release();
    }
}
