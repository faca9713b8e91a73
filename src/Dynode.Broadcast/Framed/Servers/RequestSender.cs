using System.Buffers;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What one server connection is sent: its preamble, then the log from its pages, each held for as long as the kernel wants it; at the
/// end the rest of the request in whose midst it ends. In turns only.
/// </summary>
internal struct RequestSender(ByteTransport transport)
{
    /// <summary>Progress of a send that waits for the kernel shows after so many bytes at the latest.</summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 4;

    private Page? _lent;
    private RequestRest? _rest;
    private ArrayBufferWriter<byte>? _kept;
    private Socket? _duplicate;
    private bool _isUnwanted;

    /// <summary>Bytes that the kernel took.</summary>
    public long SentBytes { get; private set; }

    /// <summary>The kernel has still to take some.</summary>
    public readonly bool IsPending => transport.IsSending;

    /// <summary>How many; nothing more is sent until then.</summary>
    public readonly int PendingBytes => transport.SendingBytes;

    /// <summary>It has ended within a request, and the rest of that has not gone out.</summary>
    public readonly bool IsWithinRequest => _isUnwanted || (_kept is null && _rest is { IsOver: false });

    /// <summary>Takes note of a completion, once.</summary>
    public bool TakeCompletion(out int sent, out SendOutcome outcome)
    {
        if (!transport.TakeSend(out sent, out outcome))
            return false;
        _kept?.Write(transport.Untaken.Span);
        _lent?.Release();
        _lent = null;
        SentBytes += sent;
        return true;
    }

    /// <summary>The socket goes over to somebody else, as far as it can: the close that follows ends ours alone, and what the kernel has not taken is kept.</summary>
    /// <param name="rest">What must go out behind it; null: what was said before, or nothing.</param>
    /// <returns>False: it cannot.</returns>
    public bool TryDetach(RequestRest? rest)
    {
        _rest ??= rest;

        // What the kernel has of a record is of no use without the rest of that: the request in it must not look like a whole one.
        _isUnwanted |= !transport.CanGoOver && IsPending;
        if (!transport.CanGoOver || transport.SendingBytes + (_rest?.Bytes ?? 0) > Leftover.RestBytesMax || !SharedDescriptor.TryDuplicate(transport.Socket, out _duplicate))
            return false;
        _kept = new ArrayBufferWriter<byte>();
        return true;
    }

    /// <summary>What has gone over; null: nothing. Nothing may be pending.</summary>
    public readonly HandedConnection? TakeDetached()
    {
        if (_kept is null)
            return null;
        while (TryReadRest(out var bytes, out _))
        {
            _kept.Write(bytes.Span);
            SkipRest(bytes.Length);
        }

        return new HandedConnection(_duplicate!, _kept.WrittenMemory);
    }

    /// <summary>Sends from a page.</summary>
    /// <param name="bytes">Of the page.</param>
    /// <param name="page">It; null: they are nobody else's, and stay as they are until it is done.</param>
    /// <param name="sent">What the kernel took at once.</param>
    public SendOutcome Send(ReadOnlyMemory<byte> bytes, Page? page, out int sent)
    {
        var outcome = transport.Send(bytes, WaitBytesMax, out sent);
        SentBytes += sent;
        if (outcome == SendOutcome.Pending)
        {
            page?.AddRef();
            _lent = page;
        }

        return outcome;
    }

    /// <summary>Sends a request of the preamble.</summary>
    public SendOutcome Ask(ReadOnlyMemory<byte> request)
    {
        // A few bytes on an empty connection: a kernel that does not take them has something else to say soon.
        var outcome = transport.Send(request, int.MaxValue, out int sent);
        SentBytes += sent;
        return outcome;
    }

    /// <summary>What the kernel holds still must not come to the server any more: it is thrown away when the connection closes.</summary>
    public void DropAll() => _isUnwanted = true;

    /// <summary>What must still go out behind what was sent.</summary>
    public void EndWith(RequestRest? rest) => _rest = rest;

    /// <summary>What of that comes next.</summary>
    /// <returns>False: nothing, or the kernel takes no more now.</returns>
    public readonly bool TryReadRest(out ReadOnlyMemory<byte> bytes, out Page page)
    {
        (bytes, page) = (default, null!);
        return !IsPending && _rest is not null && _rest.TryRead(out bytes, out page);
    }

    /// <summary>The kernel has taken so many bytes of the rest, or has them lent.</summary>
    public readonly void SkipRest(int count) => _rest!.Skip(count);

    /// <summary>Gives back what it holds; nothing may be pending.</summary>
    public readonly void Release() => _rest?.Release();
}
