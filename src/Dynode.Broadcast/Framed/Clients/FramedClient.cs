using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// One client of a framed protocol: receives, has its requests read and judged, hands them to the sequencer one by one, and sends
/// what answers it gets. Its requests that are in the log and not answered are a list through their slots.
/// <code>
///   Reading ──FIN, QUIT, malformed, drain──▶ Ended ──all answered and sent: our FIN──▶ Finished ──its FIN, or 1 s──▶ Closed
///       └────────────── reset, torn, write timeout ──────────────────────────────────────────────────────────────▲
/// </code>
/// In turns only, but for <see cref="Signal"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by becoming quiet, in a turn, and disposes of its parts then: not when somebody says so.")]
internal sealed class FramedClient : ISequenced, ITurnOwner, IAnswered
{
    /// <summary>Reads in one turn before others have theirs; each at most a large page.</summary>
    private const int ReadsPerTurnMax = 4;

    /// <summary>Who has sent so often without a pause of a second keeps its page while it waits: a page more for a system call less.</summary>
    private const int QuickReadsLeast = 8;

    /// <summary>How long a client that did not end first is waited for behind our FIN.</summary>
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(1);

    private readonly SocketOperation _receive;
    private ClientRequests _requests;
    private ClientOutput _output;
    private ReadyLink<ISequenced> _link;
    private string? _reason;
    private long _finishedAt = Clock.Never;
    private long _farSince = Clock.Never;
    private long _owed;
    private byte _quickReads;
    private bool _isBusy;
    private bool _waitsWithoutPage;
    private bool _hasWord;
    private bool _sawEnd;
    private bool _stops;
    private bool _isTorn;

    public FramedClient(Sequencer sequencer, Socket socket, long id)
    {
        (Sequencer, Socket) = (sequencer, socket);
        Address = socket.RemoteEndPoint;
        _receive = new SocketOperation(this);
        _requests = new ClientRequests(this, id);
        LastActivity = sequencer.Plane.Clock.Now;
    }

    /// <inheritdoc/>
    public ref ReadyLink<ISequenced> Link => ref _link;

    public Sequencer Sequencer { get; }
    public Socket Socket { get; }

    public EndPoint? Address { get; }

    /// <summary>The number of its oldest request that is not answered; -1: none.</summary>
    public long FirstPending { get; private set; } = -1;

    /// <summary>The number of its newest such request.</summary>
    public long LastPending { get; private set; } = -1;

    public int PendingCount { get; private set; }

    /// <summary>It stands in the sequencer's queue of those who wait for room.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>It stands in the sequencer's list of those that found no page.</summary>
    public bool AwaitsMemory { get; set; }

    /// <summary>It stands in the sequencer's list of those whose answers are to be sent.</summary>
    public bool IsDirty { get; set; }

    /// <summary>When a byte last went in any direction.</summary>
    public long LastActivity { get; private set; }

    /// <summary>It can be given nothing any more.</summary>
    public bool IsTorn => _isTorn || IsClosed;

    public bool IsClosed { get; private set; }

    /// <summary>Closed, and the kernel has nothing of ours.</summary>
    public bool IsQuiet => IsClosed && !_receive.Pending && !_output.IsPending;

    /// <summary>Bytes of answers that it has not been sent.</summary>
    public long UnsentBytes => _owed + _output.Length;

    /// <summary>As much waits for it as may: it must take some before a server that answers it is read on.</summary>
    public bool IsFarBehind => !IsTorn && UnsentBytes > Sequencer.Settings.ReplyBytesMax;

    /// <summary>A request of it, or a transaction, is here in part.</summary>
    public bool HoldsHalfRequest => !IsTorn && (AwaitsMemory ? _requests.HoldsMemory : _requests.HoldsPart);

    private ReplyMemory Memory => Sequencer.Memory;

    /// <summary>Nothing more is read from it.</summary>
    public bool HasEnded { get; private set; }

    /// <inheritdoc/>
    public void Signal() => Sequencer.Signal(this);

    /// <inheritdoc/>
    public void Step(long now)
    {
        if (_receive.TakeCompletion() && !IsClosed)
            Received(now);
        if (!_output.TakeCompletion(Memory, out int sent))
            Tear("reset by the client");
        Took(sent, now);
        for (int reads = 0; !IsTorn && _requests.TryProcess() && !HasEnded; reads++)
        {
            if (reads == ReadsPerTurnMax)
            {
                Signal();
                break;
            }

            if (_stops)
                End(_reason!);
            else if (!TryReceive(now))
                break;
        }

        Flush(now);
    }

    /// <summary>Sends what answers there are, and ends what is over.</summary>
    public void Flush(long now)
    {
        if (!IsClosed && !IsTorn && !_output.IsPending && _output.Length > 0)
        {
            if (!_output.Flush(this, now, out int sent))
                Tear("reset by the client");
            Took(sent, now);
        }

        if (IsTorn)
            Close(_reason!);
        else if (HasEnded && !_requests.Waits && FirstPending < 0 && _output.Length == 0)
            Finish(now);
        if (IsQuiet)
            Dispose();
    }

    /// <summary>One of its requests has a slot.</summary>
    public void Entered(long number)
    {
        if (FirstPending < 0)
            FirstPending = number;
        LastPending = number;
        PendingCount++;
    }

    /// <summary>Its oldest pending request is answered; <paramref name="next"/> is the oldest now.</summary>
    public void Left(long next, int selects, bool accepted)
    {
        FirstPending = next;
        if (next < 0)
            LastPending = -1;
        PendingCount--;
        if (selects >= 0)
            _requests.Settle(accepted);
        if (selects >= 0 || HasEnded || !_requests.AreRead)
            Signal();
        Sequencer.Soil(this);
    }

    /// <summary>Answers to it wait elsewhere; with a minus, do not any more.</summary>
    public void Owes(long bytes) => _owed += bytes;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsTorn || bytes.IsEmpty)
            return;
        if (!_output.TryWrite(Memory, bytes))
            Tear("no memory for its replies");
        Wrote();
    }

    /// <summary>Takes over the pages.</summary>
    public void Write(PageChain pages)
    {
        if (IsTorn || pages.IsEmpty)
            return;
        _output.Write(Memory, pages);
        Wrote();
    }

    /// <summary>It cannot be given what it must get next: it is closed, in a turn to come.</summary>
    public void Tear(string reason)
    {
        if (IsTorn)
            return;
        _isTorn = true;
        _reason = reason;
        Sequencer.Soil(this);
    }

    /// <summary>Nothing more is received; what has been is handed on, then it ends.</summary>
    public void StopReading(string reason)
    {
        _stops = true;
        _reason ??= reason;
        Signal();
    }

    /// <summary>Forgets answers that it has not been sent, for the memory that they take.</summary>
    /// <returns>False: the kernel has them.</returns>
    public bool TryDropOutput()
    {
        if (_output.IsPending)
            return false;
        _output.Dispose();
        return true;
    }

    /// <summary>Nothing more is read from it; what it is owed is sent, and it gets our FIN.</summary>
    public void End(string reason)
    {
        HasEnded = true;
        _reason ??= reason;
        Sequencer.Soil(this);
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        var settings = Sequencer.Settings;
        if (IsClosed)
            return;
        if (settings.WriteTimeout > TimeSpan.Zero && _output.HasRefused(Socket, now, settings.WriteTimeout.Ticks))
        {
            Sequencer.Clients.WriteTimedOut(this);
            Tear("write timeout");
        }
        else if (!HasEnded && settings.IdleTimeout > TimeSpan.Zero && FirstPending < 0 && _output.Length == 0 && !_requests.Waits
            && now - LastActivity >= settings.IdleTimeout.Ticks)
        {
            Sequencer.Clients.IdleTimedOut(this);
            End("idle");
        }
        else if (_finishedAt != Clock.Never && now - _finishedAt >= EndWait.Ticks)
        {
            Close(_reason!);
        }

        Flush(now);
    }

    /// <summary>
    /// Others wait behind the replies that it does not take: for no longer than a slow server may hold them, and not for one that
    /// takes nothing at all.
    /// </summary>
    public bool HoldsTooLong(long now) =>
        IsFarBehind && (_output.HasRefused(Socket, now, HoldBudget.StallGrace.Ticks) || now - _farSince > Sequencer.Settings.StallTimeout.Ticks);

    /// <inheritdoc/>
    public void Fail() => Close("a fault of this program");

    public void Close(string reason)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        Socket.Dispose();
        Sequencer.Answers.Leave(this);
        FirstPending = LastPending = -1;
        _requests.Close();
        Sequencer.Clients.Left(this, reason);

        // A server connection that waited for it waits for nobody now.
        Sequencer.Deliveries.ReadOn();
        if (IsQuiet)
            Dispose();
    }

    private void Dispose()
    {
        if (!Sequencer.Clients.Remove(this))
            return;
        _requests.Release();
        _output.Dispose();
        _receive.Dispose();
    }

    private void Wrote()
    {
        if (_farSince == Clock.Never && IsFarBehind)
            _farSince = Sequencer.Plane.Clock.Now;
        Sequencer.Soil(this);
    }

    private void Took(int sent, long now)
    {
        if (sent == 0)
            return;
        LastActivity = now;
        Sequencer.Plane.Traffic.Relayed(sent);
        if (_farSince != Clock.Never && UnsentBytes <= Sequencer.Settings.ReplyBytesMax / 2)
            _farSince = Clock.Never;

        // It may have been left unread for what it had not taken, also with nothing left to hand on.
        if (!_requests.AreRead || !_receive.Pending)
            Signal();
        Sequencer.Deliveries.ReadOn();
    }

    /// <summary>True: something came, and there may be more at once.</summary>
    private bool TryReceive(long now)
    {
        if (_receive.Pending || _sawEnd)
            return false;
        // That something has come is waited for without a page, but by those who send without a pause while there are pages enough.
        if (!_hasWord && !_requests.HasPart && (_quickReads < QuickReadsLeast || Sequencer.Plane.Pool.IsTight(MemoryShare.Requests)))
        {
            _requests.Rest();
            _waitsWithoutPage = true;
            return _receive.Receive(Socket, Memory<byte>.Empty) && Received(now);
        }

        if (!_requests.TryTakeRoom(_isBusy, out var room))
            return Sequencer.AwaitMemory(this);
        _hasWord = false;
        return _receive.Receive(Socket, room) && Received(now);
    }

    private bool Received(long now)
    {
        int count = _receive.BytesTransferred;
        bool isWord = _waitsWithoutPage && _receive.SocketError == SocketError.Success;
        _waitsWithoutPage = false;
        if (isWord)
        {
            _hasWord = true;
            if (HasEnded)
                Discard(now);
            return !HasEnded;
        }

        if (_receive.SocketError != SocketError.Success || count == 0)
        {
            _sawEnd = true;
            if (_receive.SocketError != SocketError.Success)
                Tear("reset by the client");
            else if (_finishedAt != Clock.Never)
                Close(_reason!);
            else
                End("closed by the client");
            return false;
        }

        _quickReads = now - LastActivity >= TimeSpan.TicksPerSecond ? (byte)0 : (byte)Math.Min(_quickReads + 1, QuickReadsLeast);
        LastActivity = now;
        if (HasEnded)
        {
            Sequencer.Plane.Traffic.Unread(count);
            Discard(now);
            return false;
        }

        Sequencer.Plane.Traffic.Received(count);
        _isBusy = count >= PagePool.SmallPageBytes;
        _requests.Received(count);
        return true;
    }

    private void Finish(long now)
    {
        if (_finishedAt != Clock.Never || IsClosed)
            return;
        _finishedAt = now;
        try
        {
            if (!_sawEnd)
                Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            _sawEnd = true;
        }

        if (_sawEnd)
            Close(_reason!);
        else
            Discard(now);
    }

    /// <summary>Behind our FIN what the client still sends is read into nothing until its own: closing on unread bytes would reset it, and tear replies on their way.</summary>
    private void Discard(long now)
    {
        if (_finishedAt != Clock.Never && !_receive.Pending && !_sawEnd && !IsClosed && _receive.Receive(Socket, DataPlane.Scratch))
            Received(now);
    }
}
