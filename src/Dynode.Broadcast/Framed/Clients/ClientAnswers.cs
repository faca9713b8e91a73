using System.Net;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// One client's answers: those that it waits for, a list through their slots, and those that are on their way into the kernel.
/// In turns only.
/// </summary>
internal sealed class ClientAnswers(FramedClient client) : IAnswered
{
    private ClientOutput _output;
    private int _pending;
    private int _unplaced;
    private long _owed;
    private long _farSince = Clock.Never;
    private long _takenSince;

    /// <inheritdoc/>
    public EndPoint? Address => client.Address;

    /// <inheritdoc/>
    public long FirstPending { get; private set; } = -1;

    /// <inheritdoc/>
    public long LastPending { get; private set; } = -1;

    /// <inheritdoc/>
    public long FirstUnplaced { get; private set; } = -1;

    /// <inheritdoc/>
    public long LastUnplaced { get; private set; } = -1;

    /// <summary>Its requests that were handed on and are not answered.</summary>
    public int PendingCount => _pending + _unplaced;

    /// <summary>Its requests that have been in the log, and were to be answered.</summary>
    public long RequestCount { get; private set; }

    /// <summary>That the client took.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>When it came.</summary>
    public long Since { get; } = client.Parts.Plane.Clock.Now;

    /// <inheritdoc/>
    public bool IsTorn => client.IsTorn;

    /// <inheritdoc/>
    public bool IsFarBehind
    {
        get
        {
            long max = Settings.ReplyBytesMax;
            return _output.Length > Math.Min(max, PagePool.LargePageBytes) && !IsTorn && _output.Length > client.Parts.Replies.UntakenMax(max);
        }
    }

    /// <inheritdoc/>
    public bool HasMuchWaiting => UnsentBytes > Settings.ReplyBytesMax && !IsTorn;

    /// <summary>Bytes that the client has not been sent: here, and where they wait for their turn.</summary>
    public long UnsentBytes => _owed + _output.Length;

    /// <summary>The client has been sent all that it waits for.</summary>
    public bool AreSent => FirstPending < 0 && FirstUnplaced < 0 && _output.Length == 0;

    private BroadcastSettings Settings => client.Parts.Plane.Settings;

    /// <inheritdoc/>
    public void Unplaced(long number)
    {
        if (FirstUnplaced < 0)
            FirstUnplaced = number;
        LastUnplaced = number;
        _unplaced++;
    }

    /// <inheritdoc/>
    public void Placed(long next)
    {
        FirstUnplaced = next;
        if (next < 0)
            LastUnplaced = -1;
        _unplaced--;
        if (next < 0)
            client.Answered(selects: -1, accepted: true);
    }

    /// <inheritdoc/>
    public void Withdrawn(long last)
    {
        LastUnplaced = last;
        _unplaced--;
    }

    /// <inheritdoc/>
    public void Entered(long number)
    {
        if (FirstPending < 0)
            FirstPending = number;
        LastPending = number;
        _pending++;
        RequestCount++;
    }

    /// <inheritdoc/>
    public void Left(long next, int selects, bool accepted)
    {
        FirstPending = next;
        if (next < 0)
            LastPending = -1;
        _pending--;
        client.Answered(selects, accepted);
    }

    /// <inheritdoc/>
    public void Owes(long bytes) => _owed += bytes;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsTorn || bytes.IsEmpty)
            return;
        if (!_output.TryWrite(client.Parts.Replies, bytes))
            Tear(ClientEnd.OfMemory("no memory for its replies"));
        Wrote();
    }

    /// <inheritdoc/>
    public void Write(PageChain pages)
    {
        if (IsTorn || pages.IsEmpty)
            return;
        _output.Write(client.Parts.Replies, pages);
        Wrote();
    }

    /// <inheritdoc/>
    public void Tear(ClientEnd end) => client.Tear(end);

    /// <inheritdoc/>
    public bool HoldsTooLong(long now) =>
        IsFarBehind && (HasRefused(now, HoldBudget.StallGrace.Ticks) || now - _farSince > Math.Max(Settings.StallTimeout.Ticks, HoldBudget.StallGrace.Ticks));

    /// <summary>Whether the client has taken nothing for so many ticks of what waits for it.</summary>
    public bool HasRefused(long now, long span) => _output.HasRefused(client.Transport.Socket, now, span);

    /// <summary>Takes note of a completion.</summary>
    /// <param name="sent">Bytes that the client took.</param>
    /// <returns>False: it takes nothing any more.</returns>
    public bool TakeCompletion(out int sent)
    {
        bool lives = _output.TakeCompletion(client, out sent);
        Ease(sent);
        return lives;
    }

    /// <summary>Offers the kernel all that waits.</summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="sent">Bytes that the client took.</param>
    /// <returns>False: it takes nothing any more.</returns>
    public bool Flush(long now, out int sent)
    {
        sent = 0;
        if (_output.Length == 0 || client.Transport.IsSending)
            return true;
        bool lives = _output.Flush(client, now, out sent);
        Ease(sent);
        return lives;
    }

    /// <summary>Forgets answers that the client has not been sent, for the memory that they take; it must be torn.</summary>
    /// <returns>False: the kernel has them, and there are no others.</returns>
    public bool TryDrop() => client.Parts.Answers.TryDropKept(this) | _output.TryDrop(client.Transport.IsSending);

    /// <summary>The client is gone: nobody waits for its requests any more.</summary>
    public void Leave()
    {
        client.Parts.Answers.Leave(this);
        FirstPending = LastPending = FirstUnplaced = LastUnplaced = -1;
    }

    /// <summary>Gives everything back; nothing may be pending.</summary>
    public void Release() => _output.Release();

    private void Wrote()
    {
        if (_farSince == Clock.Never && IsFarBehind)
            (_farSince, _takenSince) = (client.Parts.Plane.Clock.Now, 0);
        client.Parts.Dirty.Add(client);
    }

    private void Ease(int sent)
    {
        TakenBytes += sent;
        if (sent == 0 || _farSince == Clock.Never)
            return;

        // Who keeps taking as much as may wait for it sets the pace, as any receiver does.
        _takenSince += sent;
        long max = client.Parts.Replies.UntakenMax(Settings.ReplyBytesMax);
        if (_output.Length <= max / 2)
            _farSince = Clock.Never;
        else if (_takenSince >= max)
            (_farSince, _takenSince) = (client.Parts.Plane.Clock.Now, 0);
    }
}
