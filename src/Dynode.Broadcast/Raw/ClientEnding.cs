using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// How the client's side of a session ends: it is sent our FIN when no server has anything more to say to it, and its socket is
/// closed when both FINs are there. Owned by the session's turns.
/// </summary>
internal sealed class ClientEnding(DataPlane plane, ByteTransport transport, SessionLife life, ClientReceiver input, ReplyWriter replies, RateLimit writeTimeoutLine)
{
    /// <summary>Nothing more will come from the client.</summary>
    public bool InputEnded => input.HasEnded;

    /// <summary>The client's end was no FIN.</summary>
    public bool WasReset => input.WasReset;

    /// <summary>How it was none.</summary>
    public ClientEnd BrokenBy => transport.IsBarren ? ClientEnd.Barren : ClientEnd.Reset;

    /// <summary>The kernel has none of our pages.</summary>
    public bool IsQuiet => input.IsQuiet && replies.IsQuiet;

    /// <summary>Replies wait for the client.</summary>
    public bool IsOwed => !replies.IsIdle;

    /// <summary>The client takes no replies any more.</summary>
    public bool IsDead => replies.IsDead;

    /// <summary>It has all replies that came, and was not sent our FIN.</summary>
    public bool MayFinish => replies.IsIdle && !replies.IsFinished;

    /// <summary>When <see cref="Refuses"/>, or the end of the wait for the client's FIN, has something to say.</summary>
    public long Deadline => Math.Min(replies.Deadline, life.ClientClosed ? Clock.Never : life.FinishDeadline);

    /// <summary>Takes no more from the client.</summary>
    public void StopReading() => input.Stop();

    /// <summary>Sends our FIN behind the last reply.</summary>
    public void Finish() => replies.Finish();

    /// <summary>Both sides have ended, or the client is waited for no longer.</summary>
    public bool IsDone(long now) => input.WasReset || ((replies.IsFinished || replies.IsDead) && (input.SawEnd || now >= life.FinishDeadline));

    /// <summary>The client has taken nothing of its replies for too long; said and counted.</summary>
    public bool Refuses(long now)
    {
        if (!replies.IsRefused(now))
            return false;
        long count = plane.Traffic.WriteTimedOut();
        if (writeTimeoutLine.TryPass())
            plane.Logger.WriteTimeout(life.Client, plane.Settings.WriteTimeout.TotalSeconds, count);
        return true;
    }

    /// <summary>The client's kernel has all replies: a reset would take none of them back.</summary>
    public bool HasAllReplies => replies.IsDead || SocketTuning.Acknowledged(transport.Socket) >= transport.OnWire(replies.RelayedBytes);

    /// <summary>Closes the client's socket; the log has ended.</summary>
    /// <param name="torn">What it was sent is not whole: it sees a reset.</param>
    public void Close(bool torn)
    {
        if (!life.TryCloseClient())
            return;
        if (torn)
            SocketTuning.ResetOnClose(transport.Socket);
        transport.Close();
        input.Close();
        replies.Kill();
    }

    /// <summary>After a fault of this program: gives up the descriptor.</summary>
    public void Fail()
    {
        input.Stop();
        transport.Close();
    }

    /// <summary>Nothing is lent any more.</summary>
    public void Leave() => transport.Release();
}
