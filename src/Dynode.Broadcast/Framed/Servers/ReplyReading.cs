using System.Net.Sockets;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Transport;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Reads one server connection, reply by reply: those of the preamble go to the connection, the others to its matcher, as far as what
/// they answer has been sent and clients take what they get. In turns only.
/// </summary>
internal sealed class ReplyReading(FramedConnection connection, FramedDelivery delivery, ServerParts parts, Socket socket, SocketOperation receive)
    : IPausedRead
{
    /// <summary>Reads in one turn before others have theirs; each at most a large page.</summary>
    private const int ReadsPerTurnMax = 8;

    private readonly DoubtWatch _doubt = new(delivery);
    private ReplyIntake _intake = new(parts.Plane.Pool, parts.Protocol.NewReplyReader());

    /// <summary>Some of what was pushed has come, and nothing is asked: its end may come at any time.</summary>
    private bool _awaitsPush;

    /// <inheritdoc/>
    public bool IsPaused { get; set; }

    /// <inheritdoc/>
    public bool MustWait => !connection.IsClosed && connection.Matcher is { MustWait: true };

    /// <summary>A reply has said "not now", and it is not yet known whether the server meant it: nothing more is sent.</summary>
    public bool IsInDoubt => _doubt.IsOpen;

    /// <summary>What the kernel takes now is no request of the log.</summary>
    public bool HasAsked => _doubt.HasAsked;

    /// <summary>It waits for something, or has bytes to look at.</summary>
    public bool HasWork => _intake.HasBytes || !receive.Pending;

    /// <inheritdoc/>
    public void ReadOn() => connection.Signal();

    /// <summary>Takes what has come, and reads on.</summary>
    public void Read(long now)
    {
        for (int reads = 0; reads < ReadsPerTurnMax; reads++)
        {
            if (receive.Pending || !connection.IsRead || !TryTakeAll(now))
                return;
            if (!_intake.TryTakeRoom(out var room))
            {
                parts.Memory.AwaitReply(connection);
                return;
            }

            if (!receive.Receive(socket, room) || !Received(now))
                return;
        }

        connection.Signal();
    }

    /// <summary>A receive has completed.</summary>
    /// <returns>False: the connection is no more.</returns>
    public bool Received(long now)
    {
        int count = receive.BytesTransferred;
        if (receive.SocketError != SocketError.Success)
        {
            connection.Lose(now, SocketErrors.Describe(receive.SocketError));
            return false;
        }

        if (count == 0)
        {
            connection.EndedByServer(now);
            return false;
        }

        delivery.Standing.Replied(count, now);
        _intake.Received(count);
        return true;
    }

    /// <summary>Gives back what it holds; nothing may be pending.</summary>
    public void Release()
    {
        _intake.Release();
        receive.Dispose();
    }

    /// <summary>Takes the replies that have come. False: one waits, or the connection is no more.</summary>
    private bool TryTakeAll(long now)
    {
        if (connection.Matcher is not null && (parts.IgnoresReplies || !connection.IsOpen))
            _intake.Forget();
        while (_intake.HasBytes && !connection.IsClosed)
        {
            if (_doubt.IsOpen && !Resolve(now))
                return !connection.IsClosed;
            if (connection.Matcher is { } matcher)
            {
                matcher.TakeUsual(ref _intake, delivery.SentPosition, now);
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
                    connection.Lose(now, "sent what is no reply of this protocol");
                    return false;
                default:
                    Take(part, now);
                    break;
            }
        }

        return !connection.IsClosed;
    }

    private bool MayTake(ReplyMatcher matcher, long now)
    {
        if (matcher.MustWait)
        {
            parts.Paused.Add(this);
            return false;
        }

        switch (matcher.MayTake(delivery.SentPosition))
        {
            case MatchOutcome.TooEarly:
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
        _awaitsPush = !isWhole && parts.Protocol.Classify(_intake.Bytes) == ReplyKind.Push;
        if (!_awaitsPush)
            connection.Lose(now, UnaskedText.Of(parts.Protocol, isWhole ? part.Bytes : default));
    }

    private void Take(in ReplyPart part, long now)
    {
        if (connection.Matcher is not { } matcher)
        {
            connection.Prepare(part, now);
            return;
        }

        var outcome = matcher.Take(part, now);
        if (outcome == MatchOutcome.NotNow)
            _doubt.Begin(matcher, part.Bytes, ref _intake);
        else if (outcome == MatchOutcome.Unasked)
            connection.Lose(now, UnaskedText.Of(parts.Protocol, part.Bytes));
    }

    /// <summary>The connection is about to end.</summary>
    public void SettleDoubt(long now) => _doubt.Settle(connection.Matcher, ref _intake, now);

    /// <summary>Looks at what follows a reply that said "not now".</summary>
    /// <returns>True: it is known what it was, and it may be taken.</returns>
    private bool Resolve(long now)
    {
        var matcher = connection.Matcher!;
        var verdict = _doubt.Resolve(matcher, ref _intake);
        if (verdict == DoubtVerdict.Ask)
            connection.Ask(_doubt.Ask(), now);
        else if (verdict == DoubtVerdict.Refused)
            connection.Refused(now, matcher.Refusal);
        return verdict is DoubtVerdict.Answer or DoubtVerdict.Missed;
    }
}
