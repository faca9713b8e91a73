using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One TCP connection of one session to one backend, from connect to close.
/// <code>
///   Connecting ──▶ Open ──Finish: our FIN──▶ Finishing ──the server's FIN──▶ Closed ──operations done──▶ quiet
///        └───────────┴── failed, lost, gave up ──┴──────────────────────────────▲
/// </code>
/// It is read until the server's FIN, also where nobody wants the replies: closing with unread replies would make the
/// kernel throw away what the server has not read yet. A read that is to be relayed stays in its page until the client
/// took it, and only then the next is begun: one page is all that a connection can hold.
/// Owned by its session's turns.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn of its session, and disposes of its parts then: not when somebody says so.")]
internal sealed class BackendConnection : IReady<BackendConnection>, ITurnOwner
{
    /// <summary>Reads in one turn before others have theirs.</summary>
    private const int ReadsPerTurnMax = 8;

    private enum State
    {
        Connecting,
        Open,
        Finishing,
        Closed,
    }

    private readonly ClientSession _session;
    private readonly Socket _socket;
    private readonly SocketOperation _receive;
    private readonly SocketSender _sender;
    private readonly ReplyBuffer _buffer;
    private readonly IPEndPoint _endPoint;
    private readonly long _began;
    private ReadyLink<BackendConnection> _link;
    private State _state = State.Connecting;
    private Page? _lent;
    private bool _replyWaits;
    private bool _waitsWithoutPage;
    private bool _undecided;
    private bool _answered;
    private long _connectedAt;
    private long _sent;
    private long _lastActivity;
    private long _blockedSince = Clock.Never;

    /// <summary>Creates the socket and begins to connect.</summary>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public BackendConnection(ClientSession session, Delivery delivery, IPEndPoint endPoint, long now)
    {
        _session = session;
        Delivery = delivery;
        _endPoint = endPoint;
        _began = now;
        _lastActivity = now;
        _socket = SocketTuning.BackendSocket(endPoint.AddressFamily, session.Plane.Settings.UnansweredMax);
        _buffer = new ReplyBuffer(session);
        _receive = new SocketOperation(this);
        _sender = new SocketSender(session);
        if (_receive.Connect(_socket, endPoint))
            session.Again();
        session.ArmFor(Deadline);
    }

    /// <inheritdoc/>
    public ref ReadyLink<BackendConnection> Link => ref _link;

    /// <summary>Whose bytes it carries; of a connection that was let go, whose it carried.</summary>
    public Delivery Delivery { get; }

    public Backend Backend => Delivery.Backend;

    public bool IsOpen => _state == State.Open;

    /// <summary>Its server can speak: also when our FIN has been sent.</summary>
    public bool IsConnected => _state is State.Open or State.Finishing;

    public bool IsConnecting => _state == State.Connecting;

    /// <summary>Replies may still come.</summary>
    public bool MayAnswer => _state is State.Open or State.Finishing or State.Connecting || _replyWaits;

    /// <summary>Closed, and nothing of it is lent to anybody: it can be forgotten.</summary>
    public bool IsQuiet => _state == State.Closed && !_receive.Pending && !_sender.Pending && !_replyWaits;

    public bool SendPending => _sender.Pending;

    public bool IsClosed => _state == State.Closed;

    /// <summary>The delivery has begun to send on this connection.</summary>
    public bool Begun { get; set; }

    /// <summary>A reply of it waits for its client, so the server owes nothing.</summary>
    public bool ReplyWaits => _replyWaits;

    /// <summary>The bytes of the read that <see cref="ReplyWriter"/> was offered.</summary>
    public ReadOnlyMemory<byte> Reply { get; private set; }

    /// <summary>A receive has completed, or the connect.</summary>
    public void Signal() => _session.Signal(this);

    /// <summary>Takes completions, and reads what the server says.</summary>
    public void Step(long now)
    {
        if (_sender.TakeCompletion(out int sent, out var outcome))
        {
            _lent?.Release();
            _lent = null;
            Count(sent, now);
            Delivery.Sent(this, sent, now);
            if (outcome == SendOutcome.Failed && _state == State.Open)
                Lose(now, SocketErrors.Describe(_sender.Error));
        }

        if (_undecided && TryRelay(now))
            Read(now);
        if (_receive.TakeCompletion())
        {
            if (_state == State.Connecting)
                Connected(now);
            else if (_state != State.Closed && (WaitedWithoutPage() || Received(now)))
                Read(now);
        }
        else if (!_receive.Pending)
        {
            if (_state == State.Connecting)
                Connected(now);
            else
                Read(now);
        }

        if (IsQuiet)
            ReleaseAll();
    }

    /// <summary>Sends from a page, which is held for as long as the kernel wants it.</summary>
    public SendOutcome Send(ReadOnlyMemory<byte> bytes, Page page, long now, out int sent)
    {
        // Progress shows after a quarter of a large page at the latest.
        var outcome = _sender.Send(_socket, bytes, PagePool.LargePageBytes / 4, out sent);
        Count(sent, now);
        if (outcome == SendOutcome.Pending)
        {
            page.AddRef();
            _lent = page;
            if (_blockedSince == Clock.Never)
                _blockedSince = now;
            _session.ArmFor(Deadline);
        }
        else if (outcome == SendOutcome.Failed)
        {
            Lose(now, SocketErrors.Describe(_sender.Error));
        }

        return outcome;
    }

    /// <summary>Sends our FIN; the server's is read for. A send that is still pending ends where it is.</summary>
    public void Finish(long now)
    {
        if (_state == State.Connecting)
            Close();
        if (_state != State.Open)
            return;
        _state = State.Finishing;
        _lastActivity = now;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e)
        {
            Lose(now, SocketErrors.Describe(e.SocketErrorCode));
            return;
        }

        _session.ArmFor(Deadline);
    }

    /// <summary>Closes at once; what is pending completes soon after.</summary>
    public void Close()
    {
        if (_state == State.Closed)
            return;
        if (_state != State.Connecting)
            Backend.Counters.Disconnected();
        _state = State.Closed;
        _socket.Dispose();
        _session.Again();
    }

    /// <summary>Closes at once what nobody waits for any longer, and counts what its server may not have.</summary>
    public void Abandon()
    {
        long unacknowledged = _state is State.Open or State.Finishing ? SocketTuning.Unacknowledged(_socket, _sent) : 0;
        Close();
        if (unacknowledged > 0)
            Backend.Report.Lost(_session.Client, unacknowledged, "given up");
    }

    /// <summary>The client took the reply, or never will.</summary>
    public void ReplyTaken()
    {
        _replyWaits = false;
        Reply = default;

        // Until now the server had no reason to take anything; its time begins here.
        if (_blockedSince != Clock.Never)
            _blockedSince = _session.Plane.Clock.Now;
        _session.ArmFor(Deadline);
        _session.Again();
    }

    /// <summary>When <see cref="CheckDeadline"/> has something to say.</summary>
    public long Deadline => _state switch
    {
        State.Connecting => Clock.After(_began, _session.Plane.Settings.ConnectTimeout),
        State.Finishing => _lastActivity + _session.Plane.Settings.LingerTimeout.Ticks,
        State.Open when _blockedSince != Clock.Never && !_replyWaits => Clock.After(_blockedSince, _session.Plane.Settings.ReplyTimeout),
        _ => Clock.Never,
    };

    public void CheckDeadline(long now)
    {
        if (now < Deadline)
            return;
        switch (_state)
        {
            case State.Connecting:
                Close();
                Delivery.ConnectFailed(_endPoint, "no answer to connect");
                break;
            case State.Finishing:
                Lose(now, "no end after ours");
                break;
            default:
                Lose(now, "takes nothing of what waits for it");
                break;
        }
    }

    private void Connected(long now)
    {
        var error = SocketErrors.OfConnect(_socket, _receive, _endPoint);
        if (error != SocketError.Success)
        {
            _state = State.Closed;
            _socket.Dispose();
            Delivery.ConnectFailed(_endPoint, SocketErrors.Describe(error));
            _session.Again();
            return;
        }

        _state = State.Open;
        _connectedAt = now;
        _lastActivity = now;
        Backend.Connected(Delivery, _endPoint);
        _session.Again();
        Read(now);
    }

    private void Read(long now)
    {
        for (int reads = 0; reads < ReadsPerTurnMax; reads++)
        {
            if (_receive.Pending || _replyWaits || _state is State.Connecting or State.Closed)
                return;
            if (WaitsWithoutPage(now) || !_buffer.TryTake(_session.MayRelay(this), out var buffer) || !_receive.Receive(_socket, buffer) || !Received(now))
                return;
        }

        _session.Again();
    }

    /// <summary>Where memory is tight a quiet server holds no page: that something has come is waited for without one.</summary>
    private bool WaitsWithoutPage(long now)
    {
        if (!_session.MayRelay(this) || !_session.Plane.Pool.IsTight(MemoryShare.Replies))
            return false;
        _buffer.Release();
        _waitsWithoutPage = !_receive.Receive(_socket, Memory<byte>.Empty);
        return _waitsWithoutPage || (_receive.SocketError != SocketError.Success && !Received(now));
    }

    /// <summary>What has completed was such a wait, and there is something to read.</summary>
    private bool WaitedWithoutPage()
    {
        bool waited = _waitsWithoutPage;
        _waitsWithoutPage = false;
        return waited && _receive.SocketError == SocketError.Success;
    }

    /// <summary>A read has completed. False: nothing can be read now.</summary>
    private bool Received(long now)
    {
        int count = _receive.BytesTransferred;
        if (_receive.SocketError != SocketError.Success)
        {
            Lose(now, SocketErrors.Describe(_receive.SocketError));
            return false;
        }

        if (count == 0)
        {
            if (_state == State.Finishing && !_sender.Pending)
                Close();
            else
                Lose(now, "closed by the server");
            return false;
        }

        _answered = true;
        _lastActivity = now;
        Backend.Counters.Replied(count);
        _session.Touch(now);
        Reply = _buffer.Read(count);
        return Reply.IsEmpty || TryRelay(now);
    }

    /// <summary>False: the reply waits, for its client or for the choice of the primary.</summary>
    private bool TryRelay(long now)
    {
        _undecided = _session.MayRelay(this) && !_session.TryChoosePrimary();
        _replyWaits = _undecided || (_session.MayRelay(this) && !_session.Replies.Offer(this, now));
        return !_replyWaits;
    }

    private void Count(int sent, long now)
    {
        if (sent == 0)
            return;
        _sent += sent;
        _lastActivity = now;
        _blockedSince = Clock.Never;
        _session.Delivered(now);
        Backend.Counters.Sent(sent);
    }

    private void Lose(long now, string error)
    {
        if (_state is State.Closed or State.Connecting)
            return;

        // After our FIN the server's early end loses nothing but what its kernel had not taken.
        long unacknowledged = SocketTuning.Unacknowledged(_socket, _sent);
        bool finished = _state == State.Finishing;
        Close();
        if (finished && unacknowledged == 0)
            return;
        Backend.Report.Lost(_session.Client, unacknowledged, error);
        if (!finished)
            Backend.Ended(_answered || now - _connectedAt >= Backend.Proof.Ticks, error);
    }

    private void ReleaseAll()
    {
        _buffer.Release();
        _receive.Dispose();
        _sender.Dispose();
    }
}
