using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One TCP connection of one session to one backend, from connect to close: its socket and what is sent on it. What phase it
/// is in is decided by <see cref="ConnectionLife"/>; what its server says is read by <see cref="ReplyReader"/>, until the
/// server's FIN. It is quiet when it is closed, and the kernel has nothing of it.
/// Owned by its session's turns.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn of its session, and disposes of its parts then: not when somebody says so.")]
internal sealed class BackendConnection : IReady<BackendConnection>, ITurnOwner
{
    private readonly DataPlane _plane;
    private readonly SessionTurns _turns;
    private readonly ByteTransport _transport;
    private readonly EndPoint _endPoint;
    private readonly ReplyReader _reader;
    private ReadyLink<BackendConnection> _link;
    private ConnectionLife _life;
    private Page? _lent;

    /// <summary>Creates the socket and begins to connect.</summary>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public BackendConnection(DataPlane plane, Delivery delivery, ReplyRelay relay, ReplyBuffer buffer, SessionTurns turns, EndPoint endPoint)
    {
        (_plane, _turns, Delivery, _endPoint) = (plane, turns, delivery, endPoint);
        _life = new ConnectionLife(plane.Clock.Now);
        _transport = delivery.Backend.Calls.Make(endPoint, this, relay.Client);
        _reader = new ReplyReader(this, _transport, relay, buffer);
        if (_transport.Connect(endPoint))
            turns.Again();
        turns.ArmFor(Deadline);
    }

    /// <inheritdoc/>
    public ref ReadyLink<BackendConnection> Link => ref _link;

    /// <summary>Whose bytes it carries; of a connection that was let go, whose it carried.</summary>
    public Delivery Delivery { get; }

    public bool IsOpen => _life.Phase == ConnectionPhase.Open;

    /// <summary>Its server can speak: also when our FIN has been sent.</summary>
    public bool IsConnected => _life.IsConnected;

    public bool IsConnecting => _life.Phase == ConnectionPhase.Connecting;

    /// <summary>How its server ended it.</summary>
    public ConnectionEnd End => _life.End;

    public bool IsClosed => _life.Phase == ConnectionPhase.Closed;

    /// <summary>Replies may still come.</summary>
    public bool MayAnswer => !IsClosed || _reader.ReplyWaits;

    /// <summary>Closed, and nothing of it is lent to anybody: it can be forgotten.</summary>
    public bool IsQuiet => IsClosed && !_transport.IsReceiving && !_transport.IsSending && !_reader.ReplyWaits;

    public bool SendPending => _transport.IsSending;

    /// <summary>The delivery has begun to send on this connection.</summary>
    public bool Begun { get; set; }

    /// <summary>What its server says.</summary>
    public ReplyReader Replies => _reader;

    /// <summary>Its server's kernel has acknowledged all that was sent, or ours does not tell.</summary>
    public bool HasArrived => SocketTuning.Acknowledged(_transport.Socket) is var acknowledged && (acknowledged == 0 || acknowledged > _transport.OnWire(_life.Sent));

    /// <summary>When <see cref="CheckDeadline"/> has something to say.</summary>
    public long Deadline => _life.Deadline(_plane.Settings, _reader.ReplyWaits);

    /// <summary>A receive or a send has completed, or the connect.</summary>
    public void Signal() => _turns.Signal(this);

    /// <summary>Takes completions, and reads what the server says.</summary>
    public void Step(long now)
    {
        if (_transport.TakeSend(out int sent, out var outcome))
        {
            // Unlike a reply on its way to the client it concerns others: there is room again for what the log holds.
            _turns.LookAtAll();
            _lent?.Release();
            _lent = null;
            Took(sent, now);
            Delivery.Sent(this, sent, now);
            if (outcome == SendOutcome.Failed && IsOpen)
                Break(now, SocketErrors.OfSend(_transport));
        }

        if (!IsConnecting)
            Conclude(_reader.Step(IsConnected, now), now);
        else if (!_transport.IsReceiving || _transport.TakeReceive())
            Connected(now);
        if (IsQuiet)
            ReleaseAll();
    }

    /// <summary>Sends from a page, which is held for as long as the kernel wants it.</summary>
    public SendOutcome Send(ReadOnlyMemory<byte> bytes, Page page, long now, out int sent)
    {
        // Progress shows after a quarter of a large page at the latest.
        var outcome = _transport.Send(bytes, PagePool.LargePageBytes / 4, out sent);
        Took(sent, now);
        if (outcome == SendOutcome.Pending)
        {
            page.AddRef();
            _lent = page;
            _life.Blocked(now);
            _turns.ArmFor(Deadline);
        }
        else if (outcome == SendOutcome.Failed)
        {
            Break(now, SocketErrors.OfSend(_transport));
        }

        return outcome;
    }

    /// <summary>The reader has got bytes.</summary>
    public void Heard(int bytes, long now)
    {
        _life.Heard(now);
        Delivery.Heard(bytes, now);
    }

    /// <summary>The client took the reply, or never will.</summary>
    public void ReplyTaken()
    {
        _reader.Taken();
        _life.Unexcused(_plane.Clock.Now);
        _turns.ArmFor(Deadline);
        _turns.Again();
    }

    /// <summary>Sends our FIN; the server's is read for. A send that is still pending ends where it is.</summary>
    /// <param name="now">When.</param>
    /// <param name="byReset">
    /// Its client broke off: its server is not to take for whole what that had sent. A reset instead, once the server's kernel has all and
    /// the server has nothing more to say; earlier it would lose what the client had sent before.
    /// </param>
    public void Finish(long now, bool byReset = false)
    {
        if (IsConnecting)
            Close();
        if (!IsOpen)
            return;
        byReset = byReset && SocketTuning.TellsAcknowledged(_transport.Socket);
        _life.Finish(now, byReset);
        try
        {
            if (!byReset)
                _transport.ShutdownSend();
        }
        catch (SocketException e)
        {
            Break(now, SocketErrors.Describe(e.SocketErrorCode));
            return;
        }

        _turns.ArmFor(Deadline);
    }

    /// <summary>Closes at once; what is pending completes soon after.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        if (!IsConnecting)
            Delivery.Backend.Counters.Disconnected();
        _life.Close();
        _reader.Stop();
        _transport.Close();
        _turns.Again();
    }

    /// <summary>Closes at once what nobody waits for any longer, and counts what its server may not have.</summary>
    public void Abandon()
    {
        long unacknowledged = IsConnected ? _transport.Unacknowledged(_life.Sent) : 0;
        Close();
        if (unacknowledged > 0)
            Delivery.Lost(unacknowledged, "given up");
    }

    public void CheckDeadline(long now)
    {
        if (now < Deadline)
            return;
        string overdue = _life.Overdue ?? _transport.Unanswered;
        switch (_life.Phase)
        {
            case ConnectionPhase.Connecting:
                Close();
                Delivery.Carrier.Failed(_endPoint, overdue);
                break;
            case ConnectionPhase.Breaking:
                Reset(now);
                break;
            case ConnectionPhase.Open:
                Break(now, overdue);
                break;
            default:
                Lose(now, overdue);
                break;
        }
    }

    private void Connected(long now)
    {
        if (_transport.ConnectFault() is { } fault)
        {
            Close();
            Delivery.Carrier.Failed(_endPoint, fault);
            return;
        }

        _life.Connected(now);
        Delivery.Carrier.Connected(_endPoint);
        _turns.Again();
        Conclude(_reader.Read(now), now);
    }

    private void Conclude(ReadOutcome outcome, long now)
    {
        switch (outcome)
        {
            case ReadOutcome.More:
                _turns.Again();
                break;
            case ReadOutcome.Ended when _transport.IsCut:
                Break(now, _transport.SecurityFault!);
                break;
            case ReadOutcome.Ended:
                _life.EndedWhole();
                if (!IsOpen && !_transport.IsSending)
                    Close();
                else
                    Lose(now, "closed by the server");
                break;
            case ReadOutcome.Failed:
                Break(now, SocketErrors.OfReceive(_transport));
                break;
        }
    }

    private void Took(int sent, long now)
    {
        if (sent == 0)
            return;
        _life.Took(sent, now);
        Delivery.Carried(sent, now);
    }

    /// <summary>It ends, and its server may not have said all.</summary>
    private void Break(long now, string error)
    {
        if (IsConnected)
            _life.BrokenOff();
        Lose(now, error);
    }

    private void Reset(long now)
    {
        if (_transport.Unacknowledged(_life.Sent) > 0 && _life.MayLookAgain(now, _plane.Settings.LingerTimeout))
            return;
        SocketTuning.ResetOnClose(_transport.Socket);
        Abandon();
    }

    private void Lose(long now, string error)
    {
        if (!IsConnected)
            return;

        // After our FIN the server's early end loses nothing but what its kernel had not taken.
        long unacknowledged = _transport.Unacknowledged(_life.Sent);
        bool finished = !IsOpen;
        Close();
        if (finished && unacknowledged == 0)
            return;
        Delivery.Lost(unacknowledged, error);
        if (!finished)
            Delivery.Backend.Ended(_life.HasProven(now), error);
    }

    private void ReleaseAll()
    {
        _reader.Release();
        _transport.Release();
    }
}
