using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One client's session: its log, its deliveries, its replies.
/// <code>
///   client ══▶ <see cref="ClientReceiver"/> ─▶ <see cref="FanOutLog"/> ─┬▶ <see cref="Delivery"/> ▶ <see cref="BackendConnection"/> ══▶ server
///   client ◀══ <see cref="ReplyWriter"/> ◀─────────────────┴─────────────── its reads
/// </code>
/// Everything in it happens in turns, one at a time (<see cref="TurnGate"/>): completions run one on the event thread that
/// brings them; timers, backends and orders queue one to the pool. So nothing in here locks, and no two parts of it ever run
/// each other's loops. <see cref="SessionEnding"/> decides when which side is over.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends in a turn of its own, when all that it began has ended (SessionEnding), and disposes of its parts then.")]
internal sealed class ClientSession : ITurnOwner, IPageWaiter, IThreadPoolWorkItem
{
    /// <summary>Turns in a row on one thread before others have theirs.</summary>
    private const int TurnsMax = 4;

    /// <summary>Reads from the client in one turn, each passed on to all servers before the next.</summary>
    private const int ReadsPerTurnMax = 4;

    /// <summary>A timer takes no more than some weeks; a later deadline is looked at again.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    private readonly FanOutLog _log;
    private readonly ClientReceiver _input;
    private readonly SessionEnding _ending;
    private readonly List<BackendConnection> _connections;
    private readonly ITimer _timer;
    private readonly ReadyQueue<BackendConnection> _ready = new();
    private TurnGate _gate;
    private bool _again;
    private int _lookAtAll;
    private bool _timerFired;
    private int _orders;
    private int _pagesAwaited;
    private long _armedFor = Clock.Never;
    private BackendConnection? _primary;

    public ClientSession(SessionDirectory sessions, Socket socket)
    {
        var plane = sessions.Plane;
        Sessions = sessions;
        Plane = plane;
        Client = socket.RemoteEndPoint;
        _log = new FanOutLog(plane.Pool);
        _connections = new List<BackendConnection>(sessions.Backends.Current.Length);
        Deliveries = new DeliverySet(this, _log);
        _input = new ClientReceiver(this, socket, _log);
        Replies = new ReplyWriter(this, socket);
        LastActivity = plane.Clock.Now;
        _ending = new SessionEnding(this, socket, _log, _input);
        _timer = plane.Clock.Time.CreateTimer(static state => ((ClientSession)state!).TimerFired(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DataPlane Plane { get; }

    public SessionDirectory Sessions { get; }

    public EndPoint? Client { get; }

    public ReplyWriter Replies { get; }

    /// <summary>When a byte last went in any direction.</summary>
    public long LastActivity { get; private set; }

    /// <summary>No more will come to the log.</summary>
    public bool LogEnded => _ending.LogEnded;

    public DeliverySet Deliveries { get; }

    public IReadOnlyList<BackendConnection> Connections => _connections;

    /// <summary>Under <c>primary</c>: the connection whose replies the client gets, once that is decided. One that its server has later is not it.</summary>
    public BackendConnection? Primary => _primary;

    /// <summary>What its log held at the end of its last turn, in bytes; for whoever looks for memory.</summary>
    public long BacklogBytes { get; private set; }

    /// <summary>At the end of its last turn it owed a server that is away: it may wait long.</summary>
    public bool OwesAway { get; private set; }

    /// <summary>Its place among the lingering; guarded by the directory.</summary>
    public LinkedListNode<ClientSession>? LingeringNode { get; set; }

    /// <summary>The first turn: connects to all servers, and begins to receive.</summary>
    public void Start()
    {
        ArmFor(Clock.After(LastActivity, Plane.Settings.IdleTimeout));
        Signal();
    }

    /// <inheritdoc/>
    public void Signal()
    {
        Volatile.Write(ref _lookAtAll, 1);
        if (_gate.TryEnter())
            RunTurns();
    }

    /// <summary>One connection's receive has completed; most often nothing else need be looked at.</summary>
    public void Signal(BackendConnection connection)
    {
        _ready.Push(connection);
        if (_gate.TryEnter())
            RunTurns();
    }

    /// <summary>Queues a turn; from any thread that is not to run it.</summary>
    public void Wake()
    {
        Volatile.Write(ref _lookAtAll, 1);
        if (_gate.TryEnter())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void PagesFreed()
    {
        Volatile.Write(ref _pagesAwaited, 0);
        Wake();
    }

    /// <inheritdoc/>
    public void Execute() => RunTurns();

    public void Order(SessionOrder order)
    {
        Interlocked.Or(ref _orders, (int)order);
        Wake();
    }

    /// <summary>There is more to do: another turn follows this one.</summary>
    public void Again()
    {
        Volatile.Write(ref _lookAtAll, 1);
        _again = true;
    }

    /// <summary>A turn will look at all deadlines at <paramref name="when"/> or before.</summary>
    public void ArmFor(long when)
    {
        if (when >= _armedFor)
            return;
        _armedFor = when;
        long wait = Math.Clamp(when - Plane.Clock.Now, 0, WaitMax.Ticks);
        _timer.Change(TimeSpan.FromTicks(wait) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    /// <summary>A byte came from the client, or from a server.</summary>
    public void Touch(long now)
    {
        // With the client gone only what servers take counts as life, or one that floods us would keep its session for ever.
        if (!_ending.ClientClosed)
            LastActivity = now;
    }

    /// <summary>A server took what it was owed.</summary>
    public void Delivered(long now) => LastActivity = now;

    /// <summary>Tells <see cref="PagesFreed"/> when pages come back; a page may have come back before, so try once more.</summary>
    public void AwaitPages()
    {
        if (Interlocked.Exchange(ref _pagesAwaited, 1) == 0)
            Sessions.Memory.Await(this);
    }

    public bool TryRent(PageSize size, MemoryShare share, [NotNullWhen(true)] out Page? page)
    {
        if (Plane.Pool.TryRent(size, share, out page))
            return true;
        AwaitPages();
        return Plane.Pool.TryRent(size, share, out page);
    }

    /// <summary>Whether what a server says may have to reach the client: worth a page.</summary>
    public bool MayRelay(BackendConnection connection) => !Replies.IsDead && !Replies.IsFinished && Plane.Settings.Reply switch
    {
        RawReply.None => false,
        RawReply.Primary => _primary is null || _primary == connection,
        _ => true,
    };

    /// <summary>
    /// Under <c>primary</c>, from the first byte of either side on: the first in the list that is connected. One whose first
    /// connect is still under way, and whose server nobody knows to be dead, is waited for: else the fastest to connect would be
    /// primary, and no two sessions the same.
    /// </summary>
    /// <returns>False: not yet decided.</returns>
    public bool TryChoosePrimary()
    {
        if (_primary is not null || Plane.Settings.Reply != RawReply.Primary)
            return true;
        foreach (var delivery in Deliveries)
        {
            if (delivery.Connection is { IsConnected: true } connection)
            {
                _primary = connection;
                Again();
                return true;
            }

            if (!delivery.IsAway && !delivery.IsSettled)
                return false;
        }

        return false;
    }

    public void Opened(BackendConnection connection) => _connections.Add(connection);

    /// <summary>Every server that is still owed loses the rest, every connection ends.</summary>
    public void GiveUp(DropReason reason)
    {
        foreach (var delivery in Deliveries)
            delivery.GiveUp(reason);
        foreach (var connection in _connections)
            connection.Abandon();
    }

    /// <summary>Sends each server what there is, and sees to connections.</summary>
    public void PumpAll(long now)
    {
        if (_log.Tail > 0 && Plane.Settings.Reply == RawReply.Primary)
            TryChoosePrimary();
        foreach (var delivery in Deliveries)
            delivery.Pump(now);
    }

    private void RunTurns()
    {
        for (int turns = 0; turns < TurnsMax; turns++)
        {
            _again = false;
            try
            {
                Turn(Plane.Clock.Now);
            }
            catch (Exception e) when (!_ending.IsOver)
            {
                Plane.Logger.SessionFault(e);
                _ending.Fail();
                return;
            }

            if (!_again && _gate.TryLeave())
                return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Turn(long now)
    {
        if (_ending.IsOver)
            return;
        StepReady(now);

        // Exchanged, not written: who asks for a look from here on must not have it overwritten, and gets it in the next turn.
        if (Interlocked.Exchange(ref _lookAtAll, 0) == 0)
            return;
        Deliveries.Reconcile(now);
        if (Volatile.Read(ref _orders) != 0)
            Obey((SessionOrder)Interlocked.Exchange(ref _orders, 0), now);
        Replies.Step(now);
        StepConnections(now);
        _input.Step(now);
        int reads = 0;
        do
            PumpAll(now);
        while (reads++ < ReadsPerTurnMax && _input.TryReceive(now));
        if (reads > ReadsPerTurnMax)
            Again();
        if (now >= _armedFor || Volatile.Read(ref _timerFired))
            CheckDeadlines(now);
        _ending.Step(now);
        BacklogBytes = _log.Backlog;
        OwesAway = LogEnded && BacklogBytes > 0 && Deliveries.Any(static delivery => delivery.IsAway && delivery.Owes);
        if (_ending.IsOver)
            _timer.Dispose();
    }

    /// <summary>A reply on its way to the client concerns nobody else: with many servers, looking at all for each would be most of the work.</summary>
    private void StepReady(long now)
    {
        for (var connection = _ready.TakeAll(); connection is not null;)
        {
            var next = ReadyQueue<BackendConnection>.TakeNext(connection);
            if (connection.IsOpen)
                connection.Step(now);
            else
                Volatile.Write(ref _lookAtAll, 1);
            connection = next;
        }
    }

    private void StepConnections(long now)
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            var connection = _connections[i];
            connection.Step(now);
            connection.Delivery.Settle();
            if (connection.IsQuiet)
                _connections.RemoveAt(i);
        }
    }

    private void TimerFired()
    {
        // Timers count in a coarser clock than ours and may fire some milliseconds early: the turn arms it again for the rest.
        Volatile.Write(ref _timerFired, true);
        Wake();
    }

    private void CheckDeadlines(long now)
    {
        Volatile.Write(ref _timerFired, false);
        _armedFor = Clock.Never;
        long next = Clock.Never;
        foreach (var connection in _connections)
        {
            connection.CheckDeadline(now);
            next = Math.Min(next, connection.Deadline);
        }

        foreach (var delivery in Deliveries)
        {
            delivery.CheckDeadline(now);
            delivery.Settle();
            next = Math.Min(next, delivery.Deadline(now));
        }

        next = Math.Min(next, _ending.CheckDeadlines(now));

        // What is due already is done in this turn or the next; the timer is for what is to come.
        if (next <= now)
            next = now + TimeSpan.TicksPerMillisecond;
        ArmFor(next);
        Again();
    }

    private void Obey(SessionOrder orders, long now)
    {
        if (orders.HasFlag(SessionOrder.Abort))
            _ending.Abort(now);
        if (orders.HasFlag(SessionOrder.Evict))
            GiveUp(DropReason.Evicted);
        if (orders.HasFlag(SessionOrder.Drain))
            _ending.Drain(now);
        if (orders.HasFlag(SessionOrder.Rearm))
            _armedFor = now;
        if (orders.HasFlag(SessionOrder.DropOldest))
        {
            foreach (var delivery in Deliveries)
                delivery.DropOldest(DropReason.Memory);
        }
    }
}
