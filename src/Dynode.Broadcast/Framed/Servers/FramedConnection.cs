using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Transport;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// One TCP connection to one server of a framed protocol, for the requests of all clients.
/// <code>
///   Connecting ──▶ Preparing: the preamble, reply by reply ──▶ Open ──Finish: our FIN──▶ Finishing ──its FIN──▶ Closed
///        └──────────────┴──── failed, refused, lost, gave up ────┴─────────────────────────────────────────────▲
/// </code>
/// It is read until the server's FIN. In turns only, but for <see cref="Signal"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn, and disposes of its parts then: not when somebody says so.")]
internal sealed class FramedConnection : ISequenced, ITurnOwner
{
    /// <summary>Reads in one turn before others have theirs; each at most a large page.</summary>
    private const int ReadsPerTurnMax = 8;

    /// <summary>Progress of a send that waits for the kernel shows after so many bytes at the latest.</summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 4;

    private enum State
    {
        Connecting,
        Preparing,
        Open,
        Finishing,
        Closed,
    }

    private readonly FramedDelivery _delivery;
    private readonly Sequencer _sequencer;
    private readonly Socket _socket;
    private readonly SocketOperation _receive;
    private readonly SocketSender _sender;
    private readonly IPEndPoint _endPoint;
    private readonly Preamble _preamble;
    private readonly long _began;
    private ReadyLink<ISequenced> _link;
    private ReplyIntake _intake;
    private State _state = State.Connecting;
    private Page? _lent;
    private RequestRest? _rest;
    private long _sentBytes;
    private long _finishedAt;

    /// <summary>Creates the socket and begins to connect.</summary>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public FramedConnection(FramedDelivery delivery, Sequencer sequencer, IPEndPoint endPoint, long now)
    {
        (_delivery, _sequencer, _endPoint, _began) = (delivery, sequencer, endPoint, now);
        _preamble = new Preamble(sequencer.Protocol, sequencer.Framing);
        _socket = SocketTuning.BackendSocket(endPoint.AddressFamily, sequencer.Settings.UnansweredMax);
        _intake = new ReplyIntake(sequencer.Plane.Pool, sequencer.Protocol.NewReplyReader());
        _receive = new SocketOperation(this);
        _sender = new SocketSender(this);
        if (_receive.Connect(_socket, endPoint))
            Signal();
    }

    /// <inheritdoc/>
    public ref ReadyLink<ISequenced> Link => ref _link;

    /// <summary>The server is ready, and takes requests.</summary>
    public bool IsOpen => _state == State.Open;

    public bool IsClosed => _state == State.Closed;

    /// <summary>When its preamble was done.</summary>
    public long OpenedAt { get; private set; }

    /// <summary>Bytes that the kernel has still to take; nothing more is sent until then.</summary>
    public int PendingBytes => _sender.PendingBytes;

    /// <summary>Matches its replies; null until it is open.</summary>
    public ReplyMatcher? Matcher { get; private set; }

    /// <summary>It is not read, because a client must first take its replies.</summary>
    public bool IsPaused { get; private set; }

    private bool IsQuiet => IsClosed && !_receive.Pending && !_sender.Pending;

    /// <inheritdoc/>
    public void Signal() => _sequencer.Signal(this);

    /// <inheritdoc/>
    public void Step(long now)
    {
        if (_sender.TakeCompletion(out int sent, out var outcome))
        {
            _lent?.Release();
            _lent = null;
            Sent(sent, now);
            if (outcome == SendOutcome.Failed)
                Lose(now, SocketErrors.Describe(_sender.Error));
            SendEnd(now);
        }

        if (_receive.TakeCompletion() && !IsClosed)
        {
            if (_state == State.Connecting)
                Connected(now);
            else
                Received(now);
        }
        else if (_state == State.Connecting && !_receive.Pending)
        {
            Connected(now);
        }

        Read(now);
        if (IsQuiet)
            Release();
    }

    /// <inheritdoc/>
    public void Fail()
    {
        Close();
        _delivery.Failed();
    }

    /// <summary>Sends from a page, which is held for as long as the kernel wants it.</summary>
    /// <returns>What the kernel took at once.</returns>
    public int Send(ReadOnlyMemory<byte> bytes, Page page, long now)
    {
        var outcome = _sender.Send(_socket, bytes, WaitBytesMax, out int sent);
        _sentBytes += sent;
        _delivery.Backend.Counters.Sent(sent);
        if (outcome == SendOutcome.Pending)
        {
            page.AddRef();
            _lent = page;
        }
        else if (outcome == SendOutcome.Failed)
        {
            Lose(now, SocketErrors.Describe(_sender.Error));
        }

        return sent;
    }

    /// <summary>Replies that waited, for a request to be sent or a client to take, may be taken now.</summary>
    public void ReadOn()
    {
        if (_intake.HasBytes || !_receive.Pending)
            Signal();
    }

    /// <summary>Sends our FIN behind the last byte; the server's is read for, and what it still says is thrown away.</summary>
    public void Finish(long now, RequestRest? rest)
    {
        _rest = rest;
        if (!IsOpen)
            return;
        (_state, _finishedAt) = (State.Finishing, now);
        Matcher!.End();
        SendEnd(now);
    }

    private void SendEnd(long now)
    {
        while (_state == State.Finishing && !_sender.Pending && _rest is not null && _rest.TryRead(out var bytes, out var page))
            _rest.Skip(Send(bytes, page, now) + _sender.PendingBytes);
        if (_state != State.Finishing || _sender.Pending)
            return;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e)
        {
            Lose(now, SocketErrors.Describe(e.SocketErrorCode));
        }
    }

    /// <summary>Closes at once; what is pending completes soon after.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        if (_state is State.Open or State.Finishing)
            _delivery.Backend.Counters.Disconnected();

        // Half a request must not look like a whole one.
        if (_rest is { IsOver: false })
            _socket.LingerState = new LingerOption(true, 0);
        _state = State.Closed;
        _socket.Dispose();
        Matcher?.End();
        Signal();
    }

    /// <summary>Closes a connection that the server has not ended, and counts what its server may not have.</summary>
    public long Abandon()
    {
        long unacknowledged = _state is State.Open or State.Finishing ? SocketTuning.Unacknowledged(_socket, _sentBytes) : 0;
        Close();
        return unacknowledged;
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        if (_state is State.Connecting or State.Preparing && now - _began >= _sequencer.Settings.ConnectTimeout.Ticks)
        {
            string what = _state == State.Connecting ? "no answer to connect" : "no answer to its first request";
            Close();
            _delivery.NotReady(_endPoint, what);
        }
        else if (_state == State.Finishing && now - _finishedAt >= _sequencer.Settings.LingerTimeout.Ticks)
        {
            Lose(now, _rest is { IsOver: false } ? "did not take the end of a request" : "no end after ours");
        }
    }

    private void Connected(long now)
    {
        var error = SocketErrors.OfConnect(_socket, _receive, _endPoint);
        if (error == SocketError.Success)
        {
            _state = State.Preparing;
            NextStep(now);
            return;
        }

        Close();
        _delivery.NotReady(_endPoint, SocketErrors.Describe(error));
    }

    private void NextStep(long now)
    {
        if (!_preamble.TryNext(_delivery.Database, out var request))
        {
            _state = State.Open;
            OpenedAt = now;
            _delivery.Backend.Connected(_delivery, _endPoint);
            Matcher = _delivery.Opened(_preamble.Database, now);
            return;
        }

        // A few bytes on an empty connection: a kernel that does not take them has something else to say soon.
        if (_sender.Send(_socket, request, int.MaxValue, out int sent) == SendOutcome.Failed)
            Lose(now, SocketErrors.Describe(_sender.Error));
        _sentBytes += sent;
    }

    private void Read(long now)
    {
        for (int reads = 0; reads < ReadsPerTurnMax; reads++)
        {
            if (_receive.Pending || _state is State.Connecting or State.Closed || !TryTakeAll(now))
                return;
            if (!_intake.TryTakeRoom(out var room))
            {
                _sequencer.AwaitPages();
                return;
            }

            if (!_receive.Receive(_socket, room) || !Received(now))
                return;
        }

        Signal();
    }

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

        _delivery.Standing.Replied(count, now);
        _intake.Received(count);
        return true;
    }

    /// <summary>Takes the replies that have come. False: one waits, or the connection is no more.</summary>
    private bool TryTakeAll(long now)
    {
        if (Matcher is not null && (_sequencer.IgnoresReplies || _state == State.Finishing))
            _intake.Forget();
        while (_intake.HasBytes && !IsClosed)
        {
            if (Matcher is { } matcher)
            {
                matcher.TakeUsual(ref _intake, _delivery.SentPosition, now);
                if (!_intake.HasBytes)
                    break;
                IsPaused = matcher.WaitsFor is not null;
                if (IsPaused)
                    return false;
                var may = matcher.MayTake(_delivery.SentPosition);
                if (may == MatchOutcome.TooEarly)
                    return false;
                if (may == MatchOutcome.Unasked)
                {
                    Lose(now, "sent a reply that nothing had asked for");
                    return false;
                }
            }

            switch (_intake.TryTake(out var part))
            {
                case FrameStatus.NeedMore:
                    return true;
                case FrameStatus.Malformed:
                    Lose(now, "sent what is no reply of this protocol");
                    return false;
                default:
                    Take(part, now);
                    break;
            }
        }

        return !IsClosed;
    }

    private void Take(in ReplyPart part, long now)
    {
        if (Matcher is { } matcher)
        {
            if (matcher.Take(part, now) == MatchOutcome.NotNow)
                Refused(now, matcher.Refusal);
            return;
        }

        if (_state != State.Preparing || !part.IsFirst || !part.IsLast)
        {
            Refused(now, "said more than was asked");
            return;
        }

        string? fault = _preamble.Fault(part.Bytes);
        if (fault is null)
            NextStep(now);
        else
            Refused(now, fault);
    }

    /// <summary>The server is there, and takes no requests now.</summary>
    private void Refused(long now, string why)
    {
        bool wasOpen = _state == State.Open;
        Close();
        if (wasOpen)
            _delivery.Lost(now, 0, why, refused: true);
        else
            _delivery.NotReady(_endPoint, why);
    }

    private void Sent(int sent, long now)
    {
        _sentBytes += sent;
        _delivery.Backend.Counters.Sent(sent);
        if (Matcher is not null && !IsClosed)
            _delivery.Sent(sent, now);
    }

    private void Lose(long now, string error)
    {
        if (IsClosed)
            return;
        var was = _state;
        long unacknowledged = was is State.Open or State.Finishing ? SocketTuning.Unacknowledged(_socket, _sentBytes) : 0;
        Close();
        if (was is State.Connecting or State.Preparing)
            _delivery.NotReady(_endPoint, error);
        else if (was == State.Open)
            _delivery.Lost(now, unacknowledged, error, refused: false);
        else if (unacknowledged > 0)
            _delivery.Backend.Report.Lost(null, unacknowledged, error);
    }

    private void Release()
    {
        _rest?.Release();
        _intake.Release();
        _receive.Dispose();
        _sender.Dispose();
        _delivery.Quiet(this);
    }
}
