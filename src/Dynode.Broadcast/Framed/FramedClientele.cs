using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Clients;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed;

/// <summary>
/// The protocols that know requests: puts their rooms together, says what a turn does in which order, and when.
/// <code>
///   1  who is ready: clients read, requests enter the log; connections read, replies are matched and decided
///   2  who waits for room tries again, in the order they came
///   3  each server is sent what the log holds for it: many requests of many clients in one call
///   4  each client is sent the answers that it has got
/// </code>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends in a turn of its own, when all clients and servers are quiet, and disposes of its parts then.")]
internal sealed class FramedClientele : IClientele, IReplyRelief
{
    /// <summary>Clients closed at a time for the memory that they keep.</summary>
    private const int ClosedPerTickMax = 16;

    /// <summary>How exact time is where something may be due; where nothing can be, <see cref="TickIdle"/>.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.05);

    private static readonly TimeSpan TickIdle = TimeSpan.FromSeconds(1);

    private readonly DataPlane _plane;
    private readonly Turns _turns;
    private readonly SharedLog _log;
    private readonly SlotRing _ring;
    private readonly ReplyMemory _replies;
    private readonly AnswerQueue _answers;
    private readonly Durations _durations = new();
    private readonly SlowLog _slow;
    private readonly MemoryWaiters _memory;
    private readonly PausedReads _paused;
    private readonly FramedDeliveries _deliveries;
    private readonly HoldQueue _held;
    private readonly ClientParts _parts;
    private readonly FramedClients _clients;
    private readonly ITimer _timer;
    private bool _timerFired;
    private bool _ticksSlowly;
    private bool _isDraining;
    private bool _disposed;
    private long _requestsAtTick;

    public FramedClientele(DataPlane plane, BackendDirectory backends, Admission admission, IProtocol protocol, IReplyPolicy policy)
    {
        _plane = plane;
        _turns = new Turns(plane, Turn);
        _log = new SharedLog(plane.Pool, protocol);
        var framing = new FramingInForce(plane);
        _memory = new MemoryWaiters(plane.Pool, _turns);
        _paused = new PausedReads();
        _ring = new SlotRing(plane.Settings.InFlightMax);
        _replies = new ReplyMemory(plane.Pool, this);
        var answers = _answers = new AnswerQueue(_ring, _replies, protocol, _durations);
        _slow = new SlowLog(_durations, plane.Logger, plane.Clock.Time, new RateLimit(plane.Clock, BackendReport.Interval));
        var kept = new KeptReplies(_replies);
        var ledger = new VoteLedger(_ring, policy, new Divergence(plane.Logger, new RateLimit(plane.Clock, BackendReport.Interval)));
        var voting = new Voting(_ring, ledger, kept, answers, _replies, _slow);
        var streams = new StreamedReplies(_ring, ledger, kept, answers);
        bool ignoresReplies = plane.Settings is { Protocol: Protocol.Line, Framing.RepliesPerLine: 0 };
        _deliveries = new FramedDeliveries(new ServerParts(plane, protocol, framing, _turns, _log, _ring, voting, streams, _replies, new ReplyPacing(_ring, ledger, _replies), _paused, _memory, _durations, ignoresReplies), backends);
        _held = new HoldQueue(plane, _turns, _ring, voting, _deliveries);
        var sequencer = new Sequencer(_log, _held, _ring, answers, voting, _deliveries, _memory, new CursorOrigins(_deliveries, policy), _durations, isSilent: policy is NoReply);
        _parts = new ClientParts(plane, protocol, framing, _turns, sequencer, answers, _replies, _memory);
        _clients = new FramedClients(_parts, admission);
        _timer = plane.Clock.Time.CreateTimer(static state => ((FramedClientele)state!).TimerFired(), this, Tick, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public int Count => _clients.Count;

    /// <inheritdoc/>
    public void Admit(Socket socket) => _clients.Admit(socket);

    /// <inheritdoc/>
    public void MakeRoom()
    {
        // No client lingers here: what one has left is in the log, and takes no descriptor.
    }

    /// <inheritdoc/>
    public bool TryRelieve(bool evenOfTakers) => _clients.TryRelieve(evenOfTakers);

    /// <inheritdoc/>
    public void SetChanged() => _turns.Wake();

    /// <inheritdoc/>
    public void SettingsChanged() => _turns.Wake();

    /// <inheritdoc/>
    public int CloseGaps(BackendAddress? address)
    {
        int closed = _turns.Between(_ => _deliveries.CloseGaps(address));
        _plane.Logger.GapsClosed(closed);
        return closed;
    }

    /// <inheritdoc/>
    public ClientFigures[] Figures() => _turns.Between(_clients.Figures);

    /// <inheritdoc/>
    public SlowRequest[] SlowRequests() => _turns.Between(_ => _slow.Newest);

    /// <inheritdoc/>
    public bool TryCloseClient(long id) => _turns.Between(_ => _clients.TryClose(id));

    /// <inheritdoc/>
    public void OrdersChanged() => _turns.Between(now =>
    {
        _deliveries.Obey(now);
        return 0;
    });

    /// <inheritdoc/>
    public Task Drain()
    {
        _turns.Between(_ =>
        {
            _isDraining = _deliveries.IsDraining = true;
            _clients.EndAll("drain");
            return 0;
        });
        return _clients.Ended;
    }

    /// <inheritdoc/>
    public Task Abort()
    {
        _turns.Between(_ =>
        {
            if (_disposed)
                return 0;
            _disposed = _isDraining = _deliveries.IsDraining = true;
            _timer.Dispose();
            _clients.CloseAll("shutdown");
            _deliveries.Abort();
            _log.Log.Complete();
            return 0;
        });
        return _clients.Ended;
    }

    /// <inheritdoc/>
    public ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends)
    {
        // Turns wait for what is done here: values alone are taken, and put together behind it.
        (ClienteleSnapshot all, var standings) = _turns.Between(now =>
        {
            _durations.Turn(now, _plane.Settings.SlowRequest);
            return (Values(), _deliveries.Standings());
        });
        var byAddress = new Dictionary<BackendAddress, FramedStanding>(standings.Length);
        foreach (var (address, standing) in standings)
            byAddress.TryAdd(address, standing);
        return all with { Backends = [.. backends.Select(backend => backend with { Standing = byAddress.GetValueOrDefault(backend.Address) })] };
    }

    private ClienteleSnapshot Values() => new()
    {
        Clients = _clients.Count,
        Malformed = _clients.Malformed,
        Parts = _clients.Parts,
        PartBytes = _clients.PartBytes,
        Requests = _log.Next,
        LogBytes = _log.Log.Backlog,
        Tail = _log.Log.Tail,
        Slots = _ring.Count,
        Held = _held.Count,
        Durations = _durations.Snapshot(),
        Errors = _answers.Errors,
        SlowRequests = _durations.Slow,
    };

    private void Turn(long now)
    {
        _durations.Turn(now, _plane.Settings.SlowRequest);
        if (Volatile.Read(ref _timerFired))
            Time(now);
        if (_memory.PagesCameBack)
        {
            _held.TryMemoryAgain();
            _memory.Serve();
        }

        var item = _turns.TakeReady();

        // Behind it: a client that was let in because of this very set finds it in force.
        _deliveries.Reconcile(now);
        _deliveries.ReadPrimary(now);
        while (item is not null)
        {
            var next = Transport.ReadyQueue<ISequenced>.TakeNext(item);
            _turns.Run(item, now);
            item = next;
        }

        _deliveries.Settle(now);
        _held.Serve(now);
        _deliveries.Pump(now, noMoreComes: _isDraining && _clients.HaveAllEnded);
        _parts.Dirty.Flush(now);
        _paused.Look();

        // Where requests are acknowledged by being sent, there is room again, and nobody will come to say so.
        if (_held.Count > 0 && _held.HasRoom)
            _turns.Wake();
        if (_ticksSlowly && (_memory.AnyClient || !_deliveries.AreSteady))
            Arm(Tick);
        if (_isDraining && _clients.TryConclude(_deliveries.AreQuiet))
            _turns.Dispose();
    }

    private void TimerFired()
    {
        Volatile.Write(ref _timerFired, true);
        _turns.Wake();
    }

    private void Time(long now)
    {
        Volatile.Write(ref _timerFired, false);
        if (_disposed)
            return;
        bool isShort = _memory.AnyClient;
        if (isShort)
        {
            for (int closed = 0; closed < ClosedPerTickMax && _clients.CloseSlowest(now); closed++)
            {
                // Others of their kind may wait too, and before everybody else.
            }

            _memory.Serve();
        }

        _deliveries.Tick(now);
        _held.TryMemoryAgain();
        _clients.Tick(now);
        bool idle = _deliveries.AreSteady && _held.Count == 0 && !isShort && !_isDraining;
        if (idle && _ticksSlowly && _log.Next == _requestsAtTick)
        {
            _replies.Trim();
            _ring.Trim();
        }

        _requestsAtTick = _log.Next;
        Arm(idle ? _clients.NextLook(now, TickIdle) : Tick);
    }

    private void Arm(TimeSpan wait)
    {
        _ticksSlowly = wait > Tick;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
