using System.Net.Sockets;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// What waits for one client, in pages of the replies' share, and its way into the kernel. It holds nothing while nothing
/// waits. In turns only.
/// </summary>
internal struct ClientOutput : IDisposable
{
    /// <summary>Of what the client does not take at once, so much is waited for at a time: progress shows when it is gone.</summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 8;

    private PageChain? _pages;
    private BlockedSend? _blocked;
    private int _offset;

    /// <summary>Bytes that the kernel has not taken.</summary>
    public readonly long Length => _pages is { } pages ? pages.Length - _offset : 0;

    /// <summary>The kernel has some of our pages.</summary>
    public readonly bool IsPending => _blocked is { Sender.Pending: true };

    /// <summary>False: there is no memory for it.</summary>
    public bool TryWrite(ReplyMemory memory, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            bytes = bytes[memory.Copy(bytes, _pages ??= memory.TakeChain())..];
            if (bytes.IsEmpty)
                return true;

            // What relieves may send what is here.
            if (!memory.TryRelieve(evenOfTakers: true))
                return false;
        }
    }

    /// <summary>Takes over the pages.</summary>
    public void Write(ReplyMemory memory, PageChain pages) => memory.Move(pages, _pages ??= memory.TakeChain());

    /// <summary>Takes note of a completion, and sends on.</summary>
    /// <returns>False: the client takes nothing any more.</returns>
    public bool TakeCompletion(ReplyMemory memory, out int sent)
    {
        sent = 0;
        if (_blocked is null || !_blocked.Sender.TakeCompletion(out sent, out var outcome))
            return true;
        Took(memory, sent);
        return outcome != SendOutcome.Failed;
    }

    /// <summary>Offers the kernel all that waits.</summary>
    /// <returns>False: the client takes nothing any more.</returns>
    public bool Flush(FramedClient owner, long now, out int sent)
    {
        sent = 0;
        while (!IsPending && _pages is { } pages && pages.TryPeek(out var bytes, out _))
        {
            // Nearly always that is all, and a client that never had to wait has nothing to wait with.
            int taken = _blocked is null ? owner.Socket.Send(bytes.Span[_offset..], SocketFlags.None, out _) : 0;
            var outcome = SendOutcome.Done;
            if (taken < bytes.Length - _offset)
            {
                _blocked ??= new BlockedSend(owner);
                outcome = _blocked.Sender.Send(owner.Socket, bytes[(_offset + taken)..], WaitBytesMax, out int more);
                taken += more;
            }

            sent += taken;
            Took(owner.Parts.Replies, taken);
            if (outcome == SendOutcome.Failed)
                return false;
            if (outcome == SendOutcome.Pending)
                _blocked!.Begin(owner.Socket, now);
        }

        return true;
    }

    /// <summary>Whether the client has taken nothing for <paramref name="span"/>, in ticks.</summary>
    public readonly bool HasRefused(Socket socket, long now, long span) => _blocked is { } blocked && blocked.HasRefused(socket, now, span);

    /// <summary>Forgets what waits, but for what the kernel has.</summary>
    /// <returns>False: there was nothing else.</returns>
    public bool TryDrop()
    {
        if (_pages is not { } pages)
            return false;
        if (IsPending)
            return pages.TryReleaseRest();
        pages.Release();
        _offset = 0;
        return true;
    }

    /// <summary>Forgets what waits; nothing may be pending.</summary>
    public void Dispose()
    {
        _pages?.Release();
        _offset = 0;
        _blocked?.Sender.Dispose();
    }

    private void Took(ReplyMemory memory, int bytes)
    {
        if (bytes == 0)
            return;
        _blocked?.End();
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

    /// <summary>What only a client needs that has once not taken what was offered.</summary>
    private sealed class BlockedSend(FramedClient owner)
    {
        private long _since = Clock.Never;
        private long _acknowledged;

        public SocketSender Sender { get; } = new(owner);

        public void Begin(Socket socket, long now)
        {
            if (_since != Clock.Never)
                return;
            _since = now;
            _acknowledged = SocketTuning.Acknowledged(socket);
        }

        public void End() => _since = Clock.Never;

        /// <summary>
        /// The kernel lets us write again only when a third of its buffer is free: what counts is what the client's side has acknowledged.
        /// </summary>
        public bool HasRefused(Socket socket, long now, long span)
        {
            if (_since == Clock.Never || now - _since < span)
                return false;
            long acknowledged = SocketTuning.Acknowledged(socket);
            if (acknowledged == _acknowledged)
                return true;
            _acknowledged = acknowledged;
            _since = now;
            return false;
        }
    }
}
