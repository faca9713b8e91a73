using System.Net.Sockets;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Framed;

/// <summary>
/// What waits for one client, in pages of the replies' share, and its way into the kernel. It holds nothing while nothing
/// waits. In turns only.
/// </summary>
internal struct ClientOutput(FramedClient owner, Socket socket, ReplyMemory memory) : IDisposable
{
    /// <summary>Of what the client does not take at once, so much is waited for at a time: progress shows when it is gone.</summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 8;

    private PageChain? _pages;
    private SocketSender? _sender;
    private int _offset;
    private long _acknowledged;

    /// <summary>Bytes that the kernel has not taken.</summary>
    public readonly long Length => _pages is { } pages ? pages.Length - _offset : 0;

    /// <summary>The kernel has some of our pages.</summary>
    public readonly bool IsPending => _sender is { Pending: true };

    /// <summary>Since when the client has not taken what was offered; <see cref="Clock.Never"/>: it takes.</summary>
    public long BlockedSince { get; private set; } = Clock.Never;

    /// <summary>False: there is no memory for it.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes) => memory.TryCopy(bytes, _pages ??= memory.TakeChain());

    /// <summary>Takes over the pages.</summary>
    public void Write(PageChain pages) => (_pages ??= memory.TakeChain()).Append(pages);

    /// <summary>Takes note of a completion, and sends on.</summary>
    /// <returns>False: the client takes nothing any more.</returns>
    public bool TakeCompletion(long now, out int sent)
    {
        sent = 0;
        if (_sender is null || !_sender.TakeCompletion(out sent, out var outcome))
            return true;
        Took(sent);
        return outcome != SendOutcome.Failed;
    }

    /// <summary>Offers the kernel all that waits.</summary>
    /// <returns>False: the client takes nothing any more.</returns>
    public bool Flush(long now, out int sent)
    {
        sent = 0;
        while (!IsPending && _pages is { } pages && pages.TryPeek(out var bytes, out _))
        {
            // Nearly always that is all, and a client that never had to wait has nothing to wait with.
            int taken = _sender is null ? socket.Send(bytes.Span[_offset..], SocketFlags.None, out _) : 0;
            var outcome = SendOutcome.Done;
            if (taken < bytes.Length - _offset)
            {
                outcome = (_sender ??= new SocketSender(owner)).Send(socket, bytes[(_offset + taken)..], WaitBytesMax, out int more);
                taken += more;
            }

            sent += taken;
            Took(taken);
            if (outcome == SendOutcome.Failed)
                return false;
            if (outcome == SendOutcome.Pending && BlockedSince == Clock.Never)
            {
                BlockedSince = now;
                _acknowledged = SocketTuning.Acknowledged(socket);
            }
        }

        return true;
    }

    /// <summary>
    /// Whether the client has taken nothing for <paramref name="span"/>. The kernel lets us write again only when a third of its
    /// buffer is free: what counts is what the client's side has acknowledged.
    /// </summary>
    public bool HasRefused(long now, long span)
    {
        if (BlockedSince == Clock.Never || now - BlockedSince < span)
            return false;
        long acknowledged = SocketTuning.Acknowledged(socket);
        if (acknowledged == _acknowledged)
            return true;
        _acknowledged = acknowledged;
        BlockedSince = now;
        return false;
    }

    /// <summary>Forgets what waits; nothing may be pending.</summary>
    public void Dispose()
    {
        _pages?.Release();
        _offset = 0;
        _sender?.Dispose();
    }

    private void Took(int bytes)
    {
        if (bytes == 0)
            return;
        BlockedSince = Clock.Never;
        _offset += bytes;
        while (_pages!.TryPeek(out var first, out _) && _offset >= first.Length)
        {
            _offset -= first.Length;
            _pages.RemoveFirst();
        }

        if (!_pages.IsEmpty)
            return;
        memory.GiveChain(_pages);
        _pages = null;
    }
}
