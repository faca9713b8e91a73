using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Transport;
using Dynode.Log;

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
internal sealed class FramedConnection : IMemoryWaiter, ITurnOwner
{
    private enum State { Connecting, Preparing, Open, Finishing, Closed }

    private readonly FramedDelivery _delivery;
    private readonly Carrier _carrier;
    private readonly ServerParts _parts;
    private readonly ByteTransport _transport;
    private readonly EndPoint _endPoint;
    private readonly Preamble _preamble;
    private readonly long _began;
    private ReadyLink<ISequenced> _link;
    private RequestSender _sender;
    private State _state = State.Connecting;
    private long _finishedAt;
    private bool _isReleased;

    /// <summary>Creates the socket and begins to connect.</summary>
    /// <exception cref="SocketException">The system gave no socket.</exception>
    public FramedConnection(FramedDelivery delivery, Carrier carrier, ServerParts parts, EndPoint endPoint, long now)
    {
        (_delivery, _carrier, _parts, _endPoint, _began) = (delivery, carrier, parts, endPoint, now);
        _preamble = new Preamble(parts.Protocol, parts.Framing.Settings, delivery.Once?.NewBegin(), delivery.Lease.NewBegin());
        _transport = delivery.Backend.Calls.Make(endPoint, this);
        Reading = new ReplyReading(this, delivery, parts, _transport);
        _sender = new RequestSender(_transport);
        if (_transport.Connect(endPoint))
            Signal();
    }

    /// <inheritdoc/>
    public ref ReadyLink<ISequenced> Link => ref _link;

    /// <inheritdoc/>
    public bool AwaitsMemory { get; set; }

    /// <summary>The server is ready, and takes requests.</summary>
    public bool IsOpen => _state == State.Open;

    public bool IsClosed => _state == State.Closed;

    /// <summary>Its server may have something to say.</summary>
    public bool IsRead => _state is not (State.Connecting or State.Closed);

    /// <summary>When its preamble was done.</summary>
    public long OpenedAt { get; private set; }

    /// <summary>Bytes that the kernel has still to take; nothing more is sent until then.</summary>
    public int PendingBytes => _sender.PendingBytes;

    /// <summary>What it is sent, as far as the kernel has not taken it.</summary>
    public ref RequestSender Sender => ref _sender;

    public ReplyReading Reading { get; }

    /// <summary>Matches its replies; null until it is open.</summary>
    public ReplyMatcher? Matcher { get; private set; }

    /// <summary>Made, and not closed: its server counts as connected.</summary>
    private bool IsInUse => _state is State.Open or State.Finishing;

    private bool IsQuiet => IsClosed && !_transport.IsReceiving && !_sender.IsPending;

    /// <inheritdoc/>
    public void Signal() => _parts.Turns.Signal(this);

    /// <inheritdoc/>
    public void Step(long now)
    {
        // Who waits for others is told by them, also when it is no more.
        if (_isReleased)
            return;
        if (_sender.TakeCompletion(out int sent, out var outcome))
        {
            _delivery.Backend.Counters.Sent(sent);
            if (Matcher is not null && !IsClosed)
                _delivery.Sent(sent, now);
            if (outcome == SendOutcome.Failed)
                Lose(now, SocketErrors.OfSend(_transport));
            SendEnd(now);
        }

        if (_transport.TakeReceive() && !IsClosed)
        {
            if (_state == State.Connecting)
                Connected(now);
            else
                Reading.Received(now);
        }
        else if (_state == State.Connecting && !_transport.IsReceiving)
        {
            Connected(now);
        }

        Reading.Read(now);
        if (IsQuiet)
            Release();
    }

    /// <inheritdoc/>
    public void Fail()
    {
        Close();
        _carrier.Failed();
    }

    /// <summary>Sends from a page, which is held for as long as the kernel wants it.</summary>
    /// <returns>What the kernel took at once.</returns>
    public int Send(ReadOnlyMemory<byte> bytes, Page? page, long now)
    {
        var outcome = _sender.Send(bytes, page, out int sent);
        _delivery.Backend.Counters.Sent(sent);
        if (outcome == SendOutcome.Failed)
            Lose(now, SocketErrors.OfSend(_transport));
        return sent;
    }

    /// <summary>Replies that waited for a request to be sent may be taken now.</summary>
    public void ReadOn()
    {
        if (Reading.HasWork)
            Signal();
    }

    /// <summary>Sends our FIN behind the last byte; the server's is read for, and what it still says is thrown away.</summary>
    public void Finish(long now, RequestRest? rest)
    {
        _sender.EndWith(rest);
        if (!IsOpen)
            return;
        (_state, _finishedAt) = (State.Finishing, now);
        Matcher!.End();
        SendEnd(now);
    }

    /// <summary>Closes at once; what is pending completes soon after.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        if (IsInUse)
            _delivery.Backend.Counters.Disconnected();

        // Half a request must not look like a whole one.
        if (_sender.IsWithinRequest)
            SocketTuning.ResetOnClose(_transport.Socket);
        _state = State.Closed;
        _transport.Close();
        Matcher?.End();
        Signal();
    }

    /// <summary>Closes a connection that the server has not ended, and counts what its server may not have.</summary>
    public long Abandon()
    {
        long unacknowledged = IsInUse ? _transport.Unacknowledged(_sender.SentBytes) : 0;
        Close();
        return unacknowledged;
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        if (_state is State.Connecting or State.Preparing && now - _began >= _parts.Plane.Settings.ConnectTimeout.Ticks)
        {
            string what = _state == State.Connecting ? _transport.Unanswered : "no answer to its first request";
            Close();
            _carrier.NotReady(_endPoint, what);
        }
        else if (_state == State.Finishing && now - _finishedAt >= _parts.Plane.Settings.LingerTimeout.Ticks)
        {
            Lose(now, _sender.IsWithinRequest ? "did not take the end of a request" : "no end after ours");
        }
    }

    /// <summary>A reply to its preamble.</summary>
    public void Prepare(in ReplyPart part, long now)
    {
        string? fault = _state != State.Preparing || !part.IsFirst || !part.IsLast ? "said more than was asked" : _preamble.Fault(part.Bytes);
        if (fault is null)
            NextStep(now);
        else
            Refused(now, fault);
    }

    /// <summary>The server is there, and takes no requests now.</summary>
    public void Refused(long now, string why)
    {
        bool wasOpen = IsOpen;
        Close();
        if (wasOpen)
            _carrier.Lost(now, 0, why, refused: true);
        else
            _carrier.NotReady(_endPoint, why);
    }

    /// <summary>The server's FIN.</summary>
    public void EndedByServer(long now)
    {
        if (_state == State.Finishing && !_sender.IsPending && !_transport.IsCut)
            Close();
        else
            Lose(now, _transport.SecurityFault ?? "closed by the server");
    }

    /// <summary>It has come to nothing, or ended before its time.</summary>
    public void Lose(long now, string error)
    {
        if (IsClosed)
            return;
        if (IsOpen)
            Reading.SettleDoubt(now);
        var was = _state;
        long unacknowledged = Abandon();
        if (was is State.Connecting or State.Preparing)
            _carrier.NotReady(_endPoint, error);
        else if (was == State.Open)
            _carrier.Lost(now, unacknowledged, error, refused: false);
        else if (unacknowledged > 0)
            _delivery.Backend.Report.Lost(null, unacknowledged, error);
    }

    private void Connected(long now)
    {
        string? fault = _transport.ConnectFault();
        if (fault is null)
        {
            _state = State.Preparing;
            NextStep(now);
            return;
        }

        Close();
        _carrier.NotReady(_endPoint, fault);
    }

    private void NextStep(long now)
    {
        if (_preamble.TryNext(_delivery.InForce, out var request))
        {
            Ask(request, now);
            return;
        }

        (_state, OpenedAt) = (State.Open, now);
        _delivery.Backend.Connected(_carrier, _endPoint);
        Matcher = _delivery.Opened(_preamble, now);
    }

    /// <summary>Asks the server something of our own.</summary>
    public void Ask(ReadOnlyMemory<byte> request, long now)
    {
        if (_sender.Ask(request) == SendOutcome.Failed)
            Lose(now, SocketErrors.OfSend(_transport));
    }

    private void SendEnd(long now)
    {
        while (_state == State.Finishing && _sender.TryReadRest(out var bytes, out var page))
            _sender.SkipRest(Send(bytes, page, now) + _sender.PendingBytes);
        if (_state != State.Finishing || _sender.IsPending)
            return;
        try
        {
            _transport.ShutdownSend();
        }
        catch (SocketException e)
        {
            Lose(now, SocketErrors.Describe(e.SocketErrorCode));
        }
    }

    private void Release()
    {
        _isReleased = true;
        Reading.Release();
        _carrier.Quiet(this);
        _sender.Release();
        _transport.Release();
    }
}
