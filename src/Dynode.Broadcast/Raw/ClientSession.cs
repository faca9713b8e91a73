using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// One client's session: its log, its deliveries, its replies, and what is done in one turn, in which order.
/// <code>
///   client ══▶ <see cref="ClientReceiver"/> ─▶ <see cref="FanOutLog"/> ─┬▶ <see cref="Delivery"/> ▶ <see cref="BackendConnection"/> ══▶ server
///   client ◀══ <see cref="ReplyWriter"/> ◀─ <see cref="ReplyRelay"/> ◀───┴─────────────── its reads
/// </code>
/// Everything in it happens in <see cref="SessionTurns"/>, one at a time. So nothing in here locks, and no two parts of it ever
/// run each other's loops. <see cref="SessionEnding"/> decides when which side is over.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends in a turn of its own, when all that it began has ended (SessionEnding), and disposes of its parts then.")]
internal sealed class ClientSession : ITurnTaker
{
    /// <summary>Reads from the client in one turn, each passed on to all servers before the next.</summary>
    private const int ReadsPerTurnMax = 4;

    private readonly DataPlane _plane;
    private readonly ISessionHome _home;
    private readonly MemoryRelief _memory;
    private readonly SessionLife _life;
    private readonly SessionTurns _turns;
    private readonly FanOutLog _log;
    private readonly ClientReceiver _input;
    private readonly ReplyWriter _replies;
    private readonly ReplyRelay _relay;
    private readonly DeliverySet _deliveries;
    private readonly Holding _holding;
    private readonly ConnectionSet _connections;
    private readonly SessionEnding _ending;
    private bool _leftHome;

    public ClientSession(DataPlane plane, BackendDirectory backends, MemoryRelief memory, RateLimit writeTimeoutLine, ISessionHome home, Arrival arrival, long id)
    {
        (_plane, _home, _memory, Id) = (plane, home, memory, id);
        _life = new SessionLife(arrival.From, plane.Clock.Now);
        _turns = new SessionTurns(plane, this);
        _log = new FanOutLog(plane.Pool);
        var transport = arrival.TransportOf(_turns);
        _input = new ClientReceiver(plane, transport, _log, _life, memory, _turns);
        _replies = new ReplyWriter(plane, transport, _life, _turns);
        _deliveries = new DeliverySet(plane, backends, _log, _life, _turns);
        _holding = new Holding(plane, _log, _deliveries, _life);
        _relay = new ReplyRelay(plane, _deliveries, _replies, _turns);
        _connections = new ConnectionSet(plane, _relay, memory, _turns, backends.Current.Length);
        var client = new ClientEnding(plane, transport, _life, _input, _replies, writeTimeoutLine);
        _ending = new SessionEnding(plane, _log, _life, client, _relay, _deliveries, _connections, _turns);
    }

    /// <inheritdoc/>
    public bool IsOver => _life.IsOver;

    /// <summary>Its own while the broadcaster runs.</summary>
    public long Id { get; }

    /// <summary>When a byte last went in any direction.</summary>
    public long LastActivity => _life.LastActivity;

    /// <summary>Why its client ended, once it has.</summary>
    public ClientEnd Why => _life.Why;

    /// <summary>What its log held at the end of its last turn, in bytes; for whoever looks for memory.</summary>
    public long BacklogBytes { get; private set; }

    /// <summary>What of it only servers held that are away.</summary>
    public long FreeableBytes { get; private set; }

    /// <summary>At the end of its last turn it owed a server that is away: it may wait long.</summary>
    public bool OwesAway { get; private set; }

    /// <summary>Its place among the lingering; guarded by the directory.</summary>
    public LinkedListNode<ClientSession>? LingeringNode { get; set; }

    /// <summary>Values of its last turn.</summary>
    public ClientFigures Figures(long now) => new(
        Id, _life.Client, TimeSpan.FromTicks(now - _life.Since), null, _input.ReceivedBytes, _replies.RelayedBytes, null, BacklogBytes, IsHeld: false);

    /// <summary>The first turn: connects to all servers, and begins to receive.</summary>
    public void Start()
    {
        _plane.Logger.ClientConnected(_life.Client);
        _turns.ArmFor(_life.IdleDeadline(_plane.Settings.IdleTimeout));
        _turns.Signal();
    }

    /// <summary>It obeys in its next turn. Any thread.</summary>
    public void Order(SessionOrder order) => _turns.Order(order);

    /// <inheritdoc/>
    public void Turn(long now)
    {
        if (IsOver)
        {
            Obey(_turns.TakeOrders(), now);
            return;
        }

        StepReady(now);
        if (!_turns.TakeLookAtAll())
            return;
        _deliveries.Reconcile(_connections, now);
        Obey(_turns.TakeOrders(), now);
        _replies.Step(now);
        _connections.Step(now);
        _input.Step(now);
        int reads = 0;
        do
            Pump(now);
        while (reads++ < ReadsPerTurnMax && TryReceive(now));
        if (reads > ReadsPerTurnMax)
            _turns.Again();
        _holding.SeeToMemory(_memory.Hold, now);
        if (_turns.TakeDeadlines(now))
            CheckDeadlines(now);
        _ending.Step(now);
        _input.Rest();
        BacklogBytes = _log.Backlog;
        long freeable = BacklogBytes == 0 ? 0 : _deliveries.FreeableBytes(tailIsLent: _input.HasLent);
        bool isMore = freeable > 0 && FreeableBytes == 0;
        FreeableBytes = freeable;
        if (isMore)
            _memory.MoreToFree();
        OwesAway = _life.LogEnded && BacklogBytes > 0 && _deliveries.Any(static delivery => delivery.IsAway && delivery.Owes);
        Leave();
    }

    /// <inheritdoc/>
    public void Fail()
    {
        _ending.Fail();
        _home.Ended(this);
    }

    /// <summary>A reply on its way to the client concerns nobody else: with many servers, looking at all for each would be most of the work.</summary>
    private void StepReady(long now)
    {
        for (var connection = _turns.TakeReady(); connection is not null;)
        {
            var next = ReadyQueue<BackendConnection>.TakeNext(connection);
            if (connection.IsOpen)
                connection.Step(now);
            else
                _turns.LookAtAll();
            connection = next;
        }
    }

    /// <summary>Sends each server what there is, and sees to connections.</summary>
    private void Pump(long now)
    {
        if (_log.Tail > 0)
            _relay.TryChoosePrimary();
        _deliveries.Pump(now);
    }

    /// <summary>Receives from the client once. True: something came, and there may be more at once.</summary>
    private bool TryReceive(long now)
    {
        if (!_input.IsQuiet || _input.SawEnd)
            return false;
        if (!_input.HasEnded)
            return _input.TryReceive(_holding.Room(now), now);

        // After our FIN what the client still sends is read into nothing until its own: closing on unread bytes would reset it,
        // and tear replies on their way.
        return _replies.IsFinished && _input.TryDiscard(now);
    }

    private void CheckDeadlines(long now)
    {
        long next = Math.Min(_connections.CheckDeadlines(now), _deliveries.CheckDeadlines(now));
        next = Math.Min(next, _ending.CheckDeadlines(now));

        // What is due already is done in this turn or the next; the timer is for what is to come.
        _turns.ArmFor(next <= now ? now + TimeSpan.TicksPerMillisecond : next);
        _turns.Again();
    }

    private void Obey(SessionOrder orders, long now)
    {
        if (orders == SessionOrder.None)
            return;
        if (!IsOver)
        {
            if (orders.HasFlag(SessionOrder.Abort))
                _ending.Abort(now);
            if (orders.HasFlag(SessionOrder.Evict))
                _ending.GiveUp(DropReason.Evicted);
            if (orders.HasFlag(SessionOrder.Drain))
                _ending.Drain(now);
            if (orders.HasFlag(SessionOrder.Close))
                _ending.CloseByOrder(now);
            if (orders.HasFlag(SessionOrder.Rearm))
                _turns.LookAtDeadlines();
        }

        if (!orders.HasFlag(SessionOrder.FreeMemory))
            return;
        if (!IsOver)
            _deliveries.FreePage(DropReason.Memory, tailIsLent: _input.HasLent);
        _memory.Obeyed();
    }

    /// <summary>Says at home that the client is gone, and when all is.</summary>
    private void Leave()
    {
        if (_life.ClientClosed && !_leftHome)
        {
            _leftHome = true;
            _home.ClientLeft(this);
        }

        if (!IsOver)
            return;
        _turns.Dispose();
        _home.Ended(this);
    }
}
