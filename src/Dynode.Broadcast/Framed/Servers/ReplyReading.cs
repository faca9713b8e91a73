using System.Net.Sockets;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Transport;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Reads one server connection, reply by reply: those of the preamble go to the connection, the others to its matcher, as far as what
/// they answer has been sent and clients take what they get. In turns only.
/// </summary>
internal sealed class ReplyReading : IPausedRead
{
    /// <summary>Reads in one turn before others have theirs; each at most a large page.</summary>
    private const int ReadsPerTurnMax = 8;

    private readonly FramedConnection _connection;
    private readonly FramedDelivery _delivery;
    private readonly ServerParts _parts;
    private readonly ByteTransport _transport;
    private readonly DoubtWatch _doubt;
    private readonly OnceReplies? _once;
    private ReplyIntake _intake;

    /// <summary>Some of what was pushed has come, and nothing is asked: its end may come at any time.</summary>
    private bool _awaitsPush;

    public ReplyReading(FramedConnection connection, FramedDelivery delivery, ServerParts parts, ByteTransport transport)
    {
        (_connection, _delivery, _parts, _transport) = (connection, delivery, parts, transport);
        _doubt = new DoubtWatch(delivery);
        if (delivery.Once is not { } once)
        {
            _intake = new ReplyIntake(parts.Plane.Pool, parts.Protocol.NewReplyReader());
            return;
        }

        var reader = parts.Protocol.Batches!.NewReplyReader();
        _intake = new ReplyIntake(parts.Plane.Pool, reader);
        _once = new OnceReplies(connection, delivery, once, parts, reader);
    }

    /// <inheritdoc/>
    public bool IsPaused { get; set; }

    /// <inheritdoc/>
    public bool MustWait => !_connection.IsClosed && _connection.Matcher is { MustWait: true };

    /// <summary>A reply has said "not now", and it is not yet known whether the server meant it: nothing more is sent.</summary>
    public bool IsInDoubt => _doubt.IsOpen;

    /// <summary>What the kernel takes now is no request of the log.</summary>
    public bool HasAsked => _doubt.HasAsked;

    /// <summary>A reply has come before all of its request was sent (memcached refuses a value that is too large by its first line): it is taken when the rest has gone.</summary>
    public bool AwaitsRest { get; private set; }

    /// <summary>It waits for something, or has bytes to look at.</summary>
    public bool HasWork => _intake.HasBytes || !_transport.IsReceiving;

    /// <inheritdoc/>
    public void ReadOn() => _connection.Signal();

    /// <summary>Takes what has come, and reads on.</summary>
    public void Read(long now)
    {
        for (int reads = 0; reads < ReadsPerTurnMax; reads++)
        {
            if (_transport.IsReceiving || !_connection.IsRead || !TryTakeAll(now))
                return;
            if (!_intake.TryTakeRoom(out var room))
            {
                _parts.Memory.AwaitReply(_connection);
                return;
            }

            if (!_transport.Receive(room) || !Received(now))
                return;
        }

        _connection.Signal();
    }

    /// <summary>A receive has completed.</summary>
    /// <returns>False: the connection is no more.</returns>
    public bool Received(long now)
    {
        int count = _transport.ReceivedBytes;
        if (_transport.ReceiveError != SocketError.Success)
        {
            _connection.Lose(now, SocketErrors.OfReceive(_transport));
            return false;
        }

        if (count == 0)
        {
            _connection.EndedByServer(now);
            return false;
        }

        _delivery.Standing.Replied(count, now);
        _intake.Received(count);
        return true;
    }

    /// <summary>Gives back what it holds; nothing may be pending.</summary>
    public void Release() => _intake.Release();

    /// <summary>Takes the replies that have come. False: one waits, or the connection is no more.</summary>
    private bool TryTakeAll(long now)
    {
        AwaitsRest = false;
        if (_connection.Matcher is not null && (_parts.IgnoresReplies || !_connection.IsOpen))
            _intake.Forget();
        if (_once is not null && _connection.Matcher is { } batched)
            return _once.TryTakeAll(ref _intake, batched, this, now);
        while (_intake.HasBytes && !_connection.IsClosed)
        {
            if (_doubt.IsOpen && !Resolve(now))
                return !_connection.IsClosed;
            if (_connection.Matcher is { } matcher)
            {
                matcher.TakeUsual(ref _intake, _delivery.SentPosition, now);
                if (!_intake.HasBytes)
                    break;
                if (!MayTake(matcher, now))
                    return _awaitsPush;
            }

            switch (_intake.TryTake(out var part))
            {
                case FrameStatus.NeedMore:
                    return true;
                case FrameStatus.Malformed:
                    _connection.Lose(now, "sent what is no reply of this protocol");
                    return false;
                default:
                    Take(part, now);
                    break;
            }
        }

        return !_connection.IsClosed;
    }

    private bool MayTake(ReplyMatcher matcher, long now)
    {
        if (matcher.MustWait)
        {
            _parts.Paused.Add(this);
            return false;
        }

        switch (matcher.MayTake(_delivery.SentPosition))
        {
            case MatchOutcome.TooEarly:
                AwaitsRest = true;
                return false;
            case MatchOutcome.Unasked:
                TakeUnasked(now);
                return false;
            default:
                return true;
        }
    }

    /// <summary>Nothing was asked. What a server pushes is named, and so read to its end first; anything else needs no name.</summary>
    private void TakeUnasked(long now)
    {
        bool isWhole = _intake.TryTake(out var part) == FrameStatus.Complete;
        _awaitsPush = !isWhole && _parts.Protocol.Classify(_intake.Bytes) == ReplyKind.Push;
        if (!_awaitsPush)
            _connection.Lose(now, UnaskedText.Of(_parts.Protocol, isWhole ? part.Bytes : default));
    }

    private void Take(in ReplyPart part, long now)
    {
        if (_connection.Matcher is not { } matcher)
        {
            _connection.Prepare(part, now);
            return;
        }

        var outcome = matcher.Take(part, now);
        if (outcome == MatchOutcome.NotNow)
            _doubt.Begin(matcher, part.Bytes, ref _intake);
        else if (outcome == MatchOutcome.Unasked)
            _connection.Lose(now, UnaskedText.Of(_parts.Protocol, part.Bytes));
    }

    /// <summary>The connection is about to end.</summary>
    public void SettleDoubt(long now) => _doubt.Settle(_connection.Matcher, ref _intake, now);

    /// <summary>Looks at what follows a reply that said "not now".</summary>
    /// <returns>True: it is known what it was, and it may be taken.</returns>
    private bool Resolve(long now)
    {
        var matcher = _connection.Matcher!;
        var verdict = _doubt.Resolve(matcher, ref _intake);
        if (verdict == DoubtVerdict.Ask)
            _connection.Ask(_doubt.Ask(), now);
        else if (verdict == DoubtVerdict.Refused)
            _connection.Refused(now, matcher.Refusal);
        return verdict is DoubtVerdict.Answer or DoubtVerdict.Missed;
    }
}
