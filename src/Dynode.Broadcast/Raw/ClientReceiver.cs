using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Receives from one client straight into the tail page of its session's log: into a small page while the client is quiet,
/// into a large one when a read filled what it had. Owned by its session's turns.
/// </summary>
internal sealed class ClientReceiver(DataPlane plane, ByteTransport transport, FanOutLog log, SessionLife life, MemoryRelief relief, SessionTurns turns)
{
    private readonly PageWait _wait = new(MemoryShare.Backlog, turns);
    private Page? _lent;
    private bool _socketWasEmpty = true;
    private bool _busy;
    private bool _waitedWithoutPage;
    private bool _hasWord;

    /// <summary>Nothing more will come to the log.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The client itself has ended: its FIN, or a reset.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>The client's end was no FIN.</summary>
    public bool WasReset { get; private set; }

    /// <summary>The kernel has none of our pages.</summary>
    public bool IsQuiet => !transport.IsReceiving;

    /// <summary>The kernel has the log's last page, to receive into.</summary>
    public bool HasLent => _lent is not null;

    public long ReceivedBytes { get; private set; }

    /// <summary>Takes a completion.</summary>
    public void Step(long now)
    {
        if (!transport.TakeReceive())
            return;
        _socketWasEmpty = true;
        if (_waitedWithoutPage)
        {
            _waitedWithoutPage = false;
            _hasWord = transport.ReceiveError == SocketError.Success;
            if (_hasWord)
                return;
        }

        Received(now);
        _lent?.Release();
        _lent = null;
    }

    /// <summary>
    /// Receives once into the log; nothing may be pending. True: something came, and there may be more at once. Where there is no page it
    /// stands in the queue, until it has one or wants none.
    /// </summary>
    /// <param name="room">How many bytes the log may take.</param>
    /// <param name="now">When.</param>
    public bool TryReceive(long room, long now)
    {
        if (room <= 0 || WaitsWithoutPage(now))
        {
            relief.Leave(_wait);
            return false;
        }

        if (!TryReserve(out var memory, out var page))
            return false;
        if (memory.Length > room)
            memory = memory[..(int)room];
        // Where word had come without a page, this is the read that was waited for.
        bool waitedFor = _hasWord;
        _hasWord = false;
        if (!transport.Receive(memory))
        {
            // The log may end, and its tail page go, before the kernel gives the buffer back.
            page.AddRef();
            _lent = page;
            return false;
        }

        _socketWasEmpty = waitedFor;
        Received(now);
        return !SawEnd;
    }

    /// <summary>Receives once into nothing. True: something came, and there may be more at once.</summary>
    public bool TryDiscard(long now)
    {
        if (!transport.Receive(DataPlane.Scratch))
            return false;
        Received(now);
        return !SawEnd;
    }

    /// <summary>The end of a turn: a page that is waited without, and that holds nothing for anybody, goes back.</summary>
    public void Rest()
    {
        if (_waitedWithoutPage && log.Backlog == 0)
            log.Complete();
    }

    /// <summary>Takes no more for the log.</summary>
    public void Stop()
    {
        HasEnded = true;
        relief.Leave(_wait);
    }

    /// <summary>The socket has been closed: nothing can be received on it any more.</summary>
    public void Close()
    {
        SawEnd = true;
        Stop();
    }

    private void Received(long now)
    {
        int count = transport.ReceivedBytes;
        if (transport.ReceiveError != SocketError.Success || count == 0)
        {
            Close();
            WasReset = transport.ReceiveError != SocketError.Success || transport.IsCut;
            plane.Traffic.SawEnd(transport.IsCut);
            return;
        }

        if (HasEnded)
        {
            plane.Traffic.Unread(count);
            return;
        }

        // A burst begins with a read before which the socket had been empty: raw mode knows no more of requests.
        bool boundary = _socketWasEmpty || log.Tail == 0;
        _busy = count >= PagePool.SmallPageBytes / 2;
        log.Commit(count, boundary);
        ReceivedBytes += count;
        plane.Traffic.Received(count);
        life.Touch(now);
    }

    /// <summary>Where memory is tight a quiet client holds no page: that something has come is waited for without one.</summary>
    private bool WaitsWithoutPage(long now)
    {
        if (_hasWord || !plane.Pool.IsTight(MemoryShare.Backlog))
            return false;
        _waitedWithoutPage = !transport.Receive(Memory<byte>.Empty);
        if (_waitedWithoutPage || transport.ReceiveError == SocketError.Success)
            return _waitedWithoutPage;

        // The kernel tells of a reset once; the next receive would take it for a FIN.
        Received(now);
        return true;
    }

    private bool TryReserve(out Memory<byte> memory, out Page page)
    {
        if (!_busy)
            log.Rest();
        var size = _busy ? PageSize.Large : PageSize.Small;
        bool reserved = log.TryReserve(size, out memory, out page, _wait);
        if (reserved)
            relief.Leave(_wait);
        else
            relief.Stood(_wait);
        return reserved;
    }
}
