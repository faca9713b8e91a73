using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Sends replies to one client, read by read in the order they came, straight from the page that each was read into.
/// While one waits for the client its connection reads no more, so nothing is copied and nothing queues but connections.
/// Owned by its session's turns.
/// </summary>
internal sealed class ReplyWriter(DataPlane plane, ByteTransport transport, SessionLife life, SessionTurns turns)
{
    /// <summary>
    /// Of what the client does not take at once, so much is waited for at a time: progress shows when it is gone.
    /// </summary>
    private const int WaitBytesMax = PagePool.LargePageBytes / 8;

    private Queue<BackendConnection>? _waiting;
    private BackendConnection? _current;
    private ReadOnlyMemory<byte> _rest;
    private long _blockedSince = Clock.Never;
    private long _acknowledged;

    /// <summary>From where the client comes.</summary>
    public EndPoint? Client => life.Client;

    /// <summary>The client takes no more; replies are thrown away.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Our FIN was sent.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Nothing waits for the client.</summary>
    public bool IsIdle => _current is null;

    /// <summary>The kernel has none of our pages.</summary>
    public bool IsQuiet => !transport.IsSending;

    public long RelayedBytes { get; private set; }

    /// <summary>When the client has refused for too long.</summary>
    public long Deadline => _blockedSince == Clock.Never ? Clock.Never : Clock.After(_blockedSince, plane.Settings.WriteTimeout);

    /// <summary>
    /// The client has taken nothing for too long. The kernel lets us write again only when a third of its buffer is free,
    /// and that may be megabytes: what counts is what the client's side has acknowledged, or a slow client would look like
    /// one that refuses.
    /// </summary>
    public bool IsRefused(long now)
    {
        if (now < Deadline)
            return false;
        long acknowledged = SocketTuning.Acknowledged(transport.Socket);
        if (acknowledged == _acknowledged)
            return true;
        _acknowledged = acknowledged;
        _blockedSince = now;
        return false;
    }

    /// <summary>Takes a connection's read. False: it waits; <see cref="BackendConnection.ReplyTaken"/> will be called.</summary>
    public bool Offer(BackendConnection connection, long now)
    {
        if (IsDead || IsFinished)
            return true;
        if (_current is not null)
        {
            (_waiting ??= new Queue<BackendConnection>()).Enqueue(connection);
            return false;
        }

        _current = connection;
        _rest = connection.Replies.Reply;
        if (!Send(now))
            return false;
        _current = null;
        return true;
    }

    /// <summary>Takes a completion.</summary>
    public void Step(long now)
    {
        if (!transport.TakeSend(out int sent, out var outcome))
            return;
        Took(sent, now);
        if (outcome == SendOutcome.Failed)
        {
            Kill();
            return;
        }

        while (_current is { } current)
        {
            if (!IsDead && !_rest.IsEmpty && !Send(now))
                return;
            current.ReplyTaken();
            _current = null;
            if (_waiting is not null && _waiting.TryDequeue(out var next))
            {
                _current = next;
                _rest = next.Replies.Reply;
            }
        }
    }

    /// <summary>All replies have been sent, or none may be: our FIN.</summary>
    public void Finish()
    {
        if (IsFinished)
            return;
        IsFinished = true;
        if (IsDead)
            return;
        try
        {
            transport.ShutdownSend();
        }
        catch (SocketException)
        {
            // It was reset: the receive will say so.
            IsDead = true;
        }
    }

    /// <summary>The client takes nothing any more; who waits is let go on.</summary>
    public void Kill()
    {
        IsDead = true;
        _blockedSince = Clock.Never;
        if (transport.IsSending)
            return;
        _current?.ReplyTaken();
        _current = null;
        while (_waiting is not null && _waiting.TryDequeue(out var next))
            next.ReplyTaken();
    }

    /// <summary>True: all taken, or the client is dead and all is thrown away.</summary>
    private bool Send(long now)
    {
        var outcome = transport.Send(_rest, WaitBytesMax, out int sent);
        Took(sent, now);
        switch (outcome)
        {
            case SendOutcome.Done:
                return true;
            case SendOutcome.Pending:
                if (_blockedSince == Clock.Never)
                {
                    // Not the turn's time: a turn in which the client took much may have begun a while ago.
                    _blockedSince = plane.Clock.Now;
                    _acknowledged = SocketTuning.Acknowledged(transport.Socket);
                }

                turns.ArmFor(Deadline);
                return false;
            default:
                IsDead = true;
                return true;
        }
    }

    private void Took(int bytes, long now)
    {
        if (bytes == 0)
            return;
        _rest = _rest[bytes..];
        RelayedBytes += bytes;
        _blockedSince = Clock.Never;
        plane.Traffic.Relayed(bytes);
        life.Touch(now);
    }
}
