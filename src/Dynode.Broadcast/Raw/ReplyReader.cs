using System.Net.Sockets;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Raw;

/// <summary>What an attempt to read a server's replies came to.</summary>
internal enum ReadOutcome
{
    /// <summary>Nothing can be read now; whoever changes that has the session look again.</summary>
    Waits,

    /// <summary>There may be more at once.</summary>
    More,

    /// <summary>The server's FIN.</summary>
    Ended,

    /// <summary>The connection is no more.</summary>
    Failed,
}

/// <summary>
/// Reads what one server says. A read that is to be relayed stays in its page until the client took it, and only then the
/// next is begun: one page is all that a connection can hold. Where nobody wants the replies they are read all the same:
/// closing with unread replies would make the kernel throw away what the server has not read yet.
/// Owned by its session's turns.
/// </summary>
internal sealed class ReplyReader(BackendConnection connection, ByteTransport transport, ReplyRelay relay, ReplyBuffer buffer)
{
    /// <summary>Reads in one turn before others have theirs.</summary>
    private const int ReadsPerTurnMax = 8;

    private ReplyBuffer _buffer = buffer;
    private bool _waitsWithoutPage;
    private bool _undecided;

    /// <summary>A reply waits for its client, or for the choice of the primary.</summary>
    public bool ReplyWaits { get; private set; }

    /// <summary>It cannot read on: a reply waits, or there is no page to read into.</summary>
    public bool IsHeld => ReplyWaits || _buffer.AwaitsPage;

    /// <summary>The bytes of the read that waits.</summary>
    public ReadOnlyMemory<byte> Reply => _buffer.Reply;

    /// <summary>Takes a completion, and reads what is there.</summary>
    /// <param name="isConnected">Else nothing is read any more.</param>
    /// <param name="now">When.</param>
    public ReadOutcome Step(bool isConnected, long now)
    {
        if (_undecided && !TryRelay(now))
            return ReadOutcome.Waits;
        bool completed = transport.TakeReceive();
        if (!isConnected)
            return ReadOutcome.Waits;
        if (!completed || WaitedWithoutPage())
            return Read(now);
        var outcome = Received(now);
        return outcome == ReadOutcome.More ? Read(now) : outcome;
    }

    /// <summary>Reads as long as there is something to read, and somebody to take it.</summary>
    public ReadOutcome Read(long now)
    {
        for (int reads = 0; reads < ReadsPerTurnMax; reads++)
        {
            if (transport.IsReceiving || ReplyWaits)
                return ReadOutcome.Waits;
            bool wanted = relay.Wants(connection);
            if (wanted && relay.IsTight && !TrySeeSomething(out var seen))
                return seen;
            if (!_buffer.TryTake(wanted, out var memory) || !transport.Receive(memory))
                return ReadOutcome.Waits;
            var outcome = Received(now);
            if (outcome != ReadOutcome.More)
                return outcome;
        }

        return ReadOutcome.More;
    }

    /// <summary>The client took the reply, or never will.</summary>
    public void Taken() => ReplyWaits = false;

    /// <summary>Nothing is read any more: it waits for no page.</summary>
    public void Stop() => _buffer.Leave();

    /// <summary>Gives the page back.</summary>
    public void Release() => _buffer.Release();

    /// <summary>Where memory is tight a quiet server holds no page: that something has come is waited for without one.</summary>
    private bool TrySeeSomething(out ReadOutcome outcome)
    {
        _buffer.Release();
        _waitsWithoutPage = !transport.Receive(Memory<byte>.Empty);
        if (_waitsWithoutPage)
            _buffer.Leave();
        outcome = _waitsWithoutPage ? ReadOutcome.Waits : ReadOutcome.Failed;
        return !_waitsWithoutPage && transport.ReceiveError == SocketError.Success;
    }

    /// <summary>What has completed was such a wait, and there is something to read.</summary>
    private bool WaitedWithoutPage()
    {
        bool waited = _waitsWithoutPage;
        _waitsWithoutPage = false;
        return waited && transport.ReceiveError == SocketError.Success;
    }

    private ReadOutcome Received(long now)
    {
        int count = transport.ReceivedBytes;
        if (transport.ReceiveError != SocketError.Success)
            return ReadOutcome.Failed;
        if (count == 0)
            return ReadOutcome.Ended;
        connection.Heard(count, now);
        _buffer.Read(count);
        return Reply.IsEmpty || TryRelay(now) ? ReadOutcome.More : ReadOutcome.Waits;
    }

    /// <summary>False: the reply waits.</summary>
    private bool TryRelay(long now)
    {
        ReplyWaits = !relay.TryRelay(connection, now, out _undecided);
        return !ReplyWaits;
    }
}
