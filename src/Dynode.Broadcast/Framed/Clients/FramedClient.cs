using System.Diagnostics.CodeAnalysis;
using System.Net;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// One client of a framed protocol: receives, has its requests read and judged, hands them to the sequencer one by one, and sends
/// what answers it gets. Its requests that are in the log and not answered are a list through their slots.
/// <code>
///   Reading ──FIN, QUIT, malformed, drain──▶ Ended ──all answered and sent: our FIN──▶ Finished ──its FIN, or 2 s──▶ Closed
///       └────────────── reset, torn, write timeout ──────────────────────────────────────────────────────────────▲
/// </code>
/// In turns only, but for <see cref="Signal"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn, and disposes of its parts then: not when somebody says so.")]
internal sealed class FramedClient : ISequencedClient, ITurnOwner
{
    /// <summary>Reads in one turn before others have theirs; each at most a large page.</summary>
    private const int ReadsPerTurnMax = 4;

    private readonly FramedClients _clients;
    private ClientInput _input;
    private ClientRequests _requests;
    private ReadyLink<ISequenced> _link;
    private ClientEnd? _end;
    private ClientGoodbye _goodbye;
    private PartPace _partPace;
    private bool _stops;
    private bool _isTorn;

    public FramedClient(ClientParts parts, FramedClients clients, Arrival arrival, long id)
    {
        (Parts, _clients, Id) = (parts, clients, id);
        Address = arrival.From;
        Transport = arrival.TransportOf(this);
        Answers = new ClientAnswers(this);
        _requests = new ClientRequests(this, id);
        LastActivity = parts.Plane.Clock.Now;
        _partPace = new PartPace(LastActivity);
    }

    /// <inheritdoc/>
    public ref ReadyLink<ISequenced> Link => ref _link;

    public long Id { get; }
    public ClientParts Parts { get; }
    public ByteTransport Transport { get; }
    public EndPoint? Address { get; }

    /// <summary>What it waits for, and what it has not been sent.</summary>
    public ClientAnswers Answers { get; }
    IAnswered ISequencedClient.Answered => Answers;

    public HoldQueue? WaitsIn { get; set; }
    public long ReceivedAt { get; private set; }
    public bool AwaitsMemory { get; set; }

    /// <summary>It stands in the list of those that are flushed at the end of the turn.</summary>
    public bool IsDirty { get; set; }

    /// <summary>When a byte last went in any direction.</summary>
    public long LastActivity { get; private set; }

    /// <summary>Since when it has brought little of a request that is here in part.</summary>
    public long SlowSince => _partPace.Since;

    public bool IsTorn => _isTorn || IsClosed;

    public bool IsClosed { get; private set; }

    /// <summary>Closed, and the kernel has nothing of ours.</summary>
    public bool IsQuiet => IsClosed && !Transport.IsReceiving && !Transport.IsSending;

    /// <summary>What it has sent, on its way into the log.</summary>
    public ref ClientRequests Requests => ref _requests;

    /// <summary>Nothing more is read from it.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Values of this moment.</summary>
    public ClientFigures Figures(long now) => new(
        Id, Address, TimeSpan.FromTicks(now - Answers.Since), Answers.RequestCount, _input.ReceivedBytes, Answers.TakenBytes, Answers.PendingCount, Answers.UnsentBytes, WaitsIn is not null || _requests.IsPaced);

    /// <inheritdoc/>
    public void Signal() => Parts.Turns.Signal(this);

    /// <inheritdoc/>
    public void Step(long now)
    {
        if (Transport.TakeReceive() && !IsClosed)
            Received(now);
        if (!Answers.TakeCompletion(out int sent))
            Tear(ClientEnd.Reset);
        Took(sent, now);
        if (_requests.IsPaced)
            ReceivedAt = now; // What it waited for was nobody's fault but its own.
        for (int reads = 0; !IsTorn && _requests.TryProcess(now) && !HasEnded; reads++)
        {
            if (reads == ReadsPerTurnMax)
            {
                Signal();
                break;
            }

            if (_stops)
                End(_end!);
            else if (!TryReceive(now))
                break;
        }

        Flush(now);
    }

    /// <summary>Sends what answers there are, and ends what is over.</summary>
    public void Flush(long now)
    {
        Send(now);
        if (IsTorn)
            Close(_end!);
        else if (HasEnded && !_requests.Waits && Answers.AreSent)
            Finish(now);
        if (IsQuiet)
            Dispose();
    }

    /// <summary>Sends what answers there are, and ends nothing: that is for the end of the turn.</summary>
    public void Send(long now)
    {
        if (IsTorn)
            return;
        if (!Answers.Flush(now, out int sent))
            Tear(ClientEnd.Reset);
        Took(sent, now);
    }

    /// <summary>The oldest request that it waited for is answered, or the last that had no place in the log has one.</summary>
    /// <param name="selects">The database that it asked for; -1: none.</param>
    /// <param name="accepted">It is in force.</param>
    public void Answered(int selects, bool accepted)
    {
        if (selects >= 0)
            _requests.Settle(accepted);
        if (selects >= 0 || HasEnded || !_requests.AreRead)
            Signal();
        Parts.Dirty.Add(this);
    }

    /// <summary>It cannot be given what it must get next: it is closed, in a turn to come.</summary>
    public void Tear(ClientEnd end)
    {
        if (IsTorn)
            return;
        _isTorn = true;
        _end = ClientEnd.Of(_end, end);
        Parts.Dirty.Add(this);
    }

    /// <summary>Nothing more is received; what has been is handed on, then it ends.</summary>
    public void StopReading(ClientEnd end)
    {
        _stops = true;
        _end ??= end;
        Signal();
    }

    /// <summary>Nothing more is read from it; what it is owed is sent, and it gets our FIN.</summary>
    public void End(ClientEnd end)
    {
        HasEnded = true;
        _end ??= end;
        Parts.Dirty.Add(this);
    }

    /// <summary>Its request is none of the protocol's; it has been told so.</summary>
    public void EndMalformed(string reason)
    {
        _clients.MalformedRequest(this, reason);
        End(new ClientEnd(EndReason.Malformed, $"malformed request: {reason}"));
    }

    /// <summary>It says nothing, waits for nothing, and has not since <paramref name="since"/>.</summary>
    public bool IsIdleSince(long since) => !HasEnded && Answers.AreSent && !_requests.Waits && !_requests.IsPaced && LastActivity <= since;

    /// <summary>It got our FIN so long ago that it is waited for no more.</summary>
    public void CloseOverdue(long now)
    {
        if (_goodbye.IsOverdue(now))
            Close(_end!);
    }

    /// <inheritdoc/>
    public void Fail() => Close(ClientEnd.Fault);

    public void Close(ClientEnd end)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        Transport.Close();
        Answers.Leave();
        if (_requests.TryTellPart(out string part, out long bytes))
            _clients.LeftPart(this, part, bytes);
        _requests.Close();
        _clients.Left(this, ClientEnd.Of(_end, end));
        if (IsQuiet)
            Dispose();
    }

    private void Dispose()
    {
        if (!_clients.Remove(this))
            return;
        _requests.Release();
        Answers.Release();
        Transport.Release();
    }

    private void Took(int sent, long now)
    {
        if (sent == 0)
            return;
        LastActivity = now;
        Parts.Plane.Traffic.Relayed(sent);

        // It may have been left unread for what it had not taken, also with nothing left to hand on.
        if (!_requests.AreRead || !Transport.IsReceiving)
            Signal();
    }

    /// <summary>True: something came, and there may be more at once.</summary>
    private bool TryReceive(long now)
    {
        if (Transport.IsReceiving || _input.SawEnd)
            return false;
        if (_input.IsToWait(Parts.Plane.Pool, _requests.HasPart))
        {
            _requests.Rest();
            return _input.ReceiveWord(Transport) && Received(now);
        }

        if (!_requests.TryTakeRoom(_input.IsBusy, out var room))
            return Parts.Memory.AwaitRequest(this);
        return _input.Receive(Transport, room) && Received(now);
    }

    private bool Received(long now)
    {
        if (_goodbye.HasBegun)
        {
            ClientGoodbye.Take(ref _input, Transport, Parts.Plane.Traffic);
            return false;
        }

        switch (_input.Take(Transport, now - LastActivity, out int count))
        {
            case InputOutcome.Word:
                return !HasEnded;
            case InputOutcome.Reset:
                Parts.Plane.Traffic.SawEnd(Transport.IsCut);
                Tear(Transport.IsBarren ? ClientEnd.Barren : ClientEnd.Reset);
                return false;
            case InputOutcome.End:
                // What was sent whole is whole, whoever has ended it: requests say where they end.
                Parts.Plane.Traffic.SawEnd(Transport.IsCut);
                End(ClientEnd.ByClient);
                return false;
        }

        LastActivity = ReceivedAt = now;
        if (HasEnded)
        {
            Parts.Plane.Traffic.Unread(count);
            return false;
        }

        Parts.Plane.Traffic.Received(count);
        _partPace.Came(count, isNew: !_requests.HoldsMemory || !Answers.AreSent, now);
        _requests.Received(count);
        return true;
    }

    private void Finish(long now)
    {
        if (IsClosed)
            return;
        if (!_goodbye.HasBegun)
            _goodbye.Begin(ref _input, Transport, now);
        if (ClientGoodbye.Discard(ref _input, Transport, Parts.Plane.Traffic))
            Signal();
        else if (_input.SawEnd && !Transport.IsSending)
            Close(_end!);
    }
}
