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
internal struct ClientOutput
{
    /// <summary>Of what the client does not take at once, so much is waited for at a time: progress shows when it is gone.</summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 8;

    private PageChain? _pages;
    private BlockedSend? _blocked;
    private int _offset;

    /// <summary>Bytes that the kernel has not taken.</summary>
    public readonly long Length => _pages is { } pages ? pages.Length - _offset : 0;

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
    public bool TakeCompletion(FramedClient owner, out int sent)
    {
        if (!owner.Transport.TakeSend(out sent, out var outcome))
            return true;
        Took(owner.Parts.Replies, sent);
        return outcome != SendOutcome.Failed;
    }

    /// <summary>Offers the kernel all that waits.</summary>
    /// <returns>False: the client takes nothing any more.</returns>
    public bool Flush(FramedClient owner, long now, out int sent)
    {
        sent = 0;
        var transport = owner.Transport;
        while (_pages is { } pages && !transport.IsSending && pages.TryPeek(out var bytes, out _))
        {
            var outcome = transport.Send(bytes[_offset..], WaitBytesMax, out int taken);
            sent += taken;
            Took(owner.Parts.Replies, taken);
            if (outcome == SendOutcome.Failed)
                return false;
            if (outcome == SendOutcome.Pending)
                (_blocked ??= new BlockedSend()).Begin(transport.Socket, now);
        }

        return true;
    }

    /// <summary>Whether the client has taken nothing for <paramref name="span"/>, in ticks.</summary>
    public readonly bool HasRefused(Socket socket, long now, long span) => _blocked is { } blocked && blocked.HasRefused(socket, now, span);

    /// <summary>Forgets what waits, but for what the kernel has.</summary>
    /// <param name="isSending">It has some of the first page.</param>
    /// <returns>False: there was nothing else.</returns>
    public bool TryDrop(bool isSending)
    {
        if (_pages is not { } pages)
            return false;
        if (isSending)
            return pages.TryReleaseRest();
        pages.Release();
        _offset = 0;
        return true;
    }

    /// <summary>Forgets what waits; nothing may be pending.</summary>
    public void Release()
    {
        _pages?.Release();
        _offset = 0;
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
    private sealed class BlockedSend
    {
        private long _since = Clock.Never;
        private long _acknowledged;

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
