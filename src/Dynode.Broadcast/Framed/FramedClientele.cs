using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed;

/// <summary>
/// The protocols that know requests: puts their rooms together, says what a turn does in which order, and when.
/// <code>
///   1  who is ready: clients read, requests enter the log; connections read, replies are matched and decided
///   2  ordered log: what the stream has given gets its places
///   3  who waits for room tries again, in the order they came
///   4  each server is sent what the log holds for it: many requests of many clients in one call
///   5  ordered log: what clients have sent is published; servers that read the stream by themselves read on
///   6  each client is sent the answers that it has got
/// </code>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends in a turn of its own, when all clients and servers are quiet, and disposes of its parts then.")]
internal sealed class FramedClientele : IClientele, IReplyRelief
{
    /// <summary>Clients closed at a time for the memory that they keep.</summary>
    private const int ClosedPerTickMax = 16;

    /// <summary>How exact time is where nothing can be due.</summary>
    private static readonly TimeSpan TickIdle = TimeSpan.FromSeconds(1);

    private readonly DataPlane _plane;
    private readonly Turns _turns;
    private readonly FramedRooms _rooms;
    private readonly TurnTimer _timer;
    private readonly GapOrders _gaps;
    private readonly TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDraining;
    private bool _disposed;
    private long _requestsAtTick;

    public FramedClientele(DataPlane plane, BackendDirectory backends, Admission admission, IProtocol protocol, IReplyPolicy policy, OrderedLog? ordered)
    {
        _plane = plane;
        _turns = new Turns(plane, Turn);
        _rooms = new FramedRooms(plane, _turns, backends, admission, protocol, policy, this, ordered);
        _timer = new TurnTimer(plane, _turns);
        _gaps = new GapOrders(plane, _rooms, backends);
    }

    /// <inheritdoc/>
    public int Count => Clients;

    /// <inheritdoc/>
    public int Clients => _rooms.Clients.Count;

    /// <inheritdoc/>
    public void Admit(Arrival arrival) => _rooms.Clients.Admit(arrival);

    /// <inheritdoc/>
    public void MakeRoom()
    {
        // No client lingers here: what one has left is in the log, and takes no descriptor.
    }

    /// <inheritdoc/>
    public bool TryRelieve(bool evenOfTakers) => _rooms.Relief.TryRelieve(evenOfTakers);

    /// <inheritdoc/>
    public void SetChanged() => _turns.Wake();

    /// <inheritdoc/>
    public void SettingsChanged() => _turns.Wake();

    /// <inheritdoc/>
    public Task<ImmutableArray<GapClosed>> CloseGapsAsync(GapOrder order) => _gaps.GiveAsync(order);

    /// <inheritdoc/>
    public ClientFigures[] Figures() => _turns.Between(_rooms.Clients.Figures);

    /// <inheritdoc/>
    public SlowRequest[] SlowRequests() => _turns.Between(_ => _rooms.Slow.Newest);

    /// <inheritdoc/>
    public bool TryCloseClient(long id) => _turns.Between(_ => _rooms.Clients.TryClose(id));

    /// <inheritdoc/>
    public void OrdersChanged() => _turns.Between(now =>
    {
        _rooms.Deliveries.Obey(now);
        return 0;
    });

    /// <inheritdoc/>
    public Task Drain()
    {
        _turns.Between(_ => Stop(ClientEnd.Drain));
        return _rooms.Clients.Ended;
    }

    /// <inheritdoc/>
    public Task Deliver(Action<BackendAddress> whole)
    {
        _turns.Between(_ =>
        {
            _rooms.Deliveries.Handover.Begin(whole);
            return Stop(ClientEnd.Drain);
        });
        return _delivered.Task;
    }

    /// <inheritdoc/>
    public void LetGo() => _turns.Between(_ =>
    {
        Stop(ClientEnd.Drain, atOnce: true);
        _rooms.Deliveries.Handover.LetGo();
        return 0;
    });

    /// <inheritdoc/>
    public Task ServeOn() => _rooms.Clients.Ended;

    /// <inheritdoc/>
    public HandedOver HandOver() => _turns.Between(_ => _rooms.Deliveries.Handover.Servers());

    /// <inheritdoc/>
    public void GoOnFrom(long next) => _turns.Between(_ =>
    {
        _rooms.Log.BeginAt(next);
        _rooms.Ring.BeginAt(next);
        return 0;
    });

    /// <inheritdoc/>
    public Task ReleaseAsync(CancellationToken cancellation) => _rooms.Feed?.ReleaseAsync(cancellation) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public Task Abort()
    {
        _turns.Between(_ =>
        {
            if (_disposed)
                return 0;
            _disposed = _isDraining = _rooms.Deliveries.IsDraining = true;
            _timer.Dispose();
            _rooms.Clients.CloseAll(ClientEnd.Shutdown);
            _rooms.Deliveries.Abort();
            _rooms.CatchUps?.Dispose();
            _rooms.Feed?.Dispose();
            _rooms.Log.Log.Complete();
            return 0;
        });
        return _rooms.Clients.Ended;
    }

    /// <inheritdoc/>
    public ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends)
    {
        // Turns wait for what is done here: values alone are taken, and put together behind it.
        (ClienteleSnapshot all, var standings, var places) = _turns.Between(now =>
        {
            _rooms.Durations.Turn(now, _plane.Settings.SlowRequest);
            return (Values(), _rooms.Deliveries.Standings(), _rooms.Feed?.Places() ?? []);
        });
        var byAddress = new Dictionary<BackendAddress, FramedStanding>(standings.Length);
        foreach (var (address, standing) in standings)
            byAddress.TryAdd(address, standing);
        var inStream = places.ToDictionary(static place => place.Server, static place => place.Place);
        return all with
        {
            Backends = [.. backends.Select(backend => backend with
            {
                Standing = byAddress.GetValueOrDefault(backend.Address),
                Place = inStream.GetValueOrDefault(backend.Address),
            })],
        };
    }

    private int Stop(ClientEnd end, bool atOnce = false)
    {
        _isDraining = _rooms.Deliveries.IsDraining = true;
        _rooms.Feed?.Drain();
        _rooms.Clients.EndAll(end, atOnce);
        return 0;
    }

    private ClienteleSnapshot Values() => new()
    {
        Clients = _rooms.Clients.Count,
        Malformed = _rooms.Clients.Malformed,
        Parts = _rooms.Clients.Parts,
        PartBytes = _rooms.Clients.PartBytes,
        Requests = _rooms.Log.Next,
        LogBytes = _rooms.Log.Log.Backlog,
        Tail = _rooms.Log.Log.Tail,
        Slots = _rooms.Ring.Count,
        Held = _rooms.HeldCount,
        Paced = _rooms.Parts.Paces.Count,
        Durations = _rooms.Durations.Snapshot(),
        Errors = _rooms.Own.Errors,
        SlowRequests = _rooms.Durations.Slow,
        Feed = _rooms.Feed?.Snapshot(),
    };

    private void Turn(long now)
    {
        _rooms.Durations.Turn(now, _plane.Settings.SlowRequest);
        if (_timer.TryTake())
            Time(now);
        if (_rooms.Memory.PagesCameBack)
        {
            _rooms.TryMemoryAgain();
            _rooms.Memory.Serve();
        }

        var item = _turns.TakeReady();

        // Behind it: a client that was let in because of this very set finds it in force.
        _rooms.Deliveries.Reconcile(now);
        _rooms.Deliveries.ReadPrimary(now);
        while (item is not null)
        {
            var next = Transport.ReadyQueue<ISequenced>.TakeNext(item);
            _turns.Run(item, now);
            item = next;
        }

        _rooms.Feed?.Take(now);
        _rooms.Deliveries.Settle(now);
        _rooms.ServeHeld(now);
        bool noMoreComes = _isDraining && _rooms.Clients.HaveAllEnded && (_rooms.Feed is not { } feed || feed.TryEnd());
        _rooms.Deliveries.Pump(now, noMoreComes);
        _rooms.Feed?.Give(now);
        _rooms.CatchUps?.Step(now);
        _rooms.Parts.Dirty.Flush(now);
        _rooms.Paused.Look();

        // Where requests are acknowledged by being sent, there is room again, and nobody will come to say so.
        if (_rooms.HaveRoomForHeld)
            _turns.Wake();
        if (_timer.IsSlow && (_rooms.Memory.AnyClient || _rooms.Parts.Paces.Count > 0 || !_rooms.Deliveries.AreSteady || _rooms.Feed?.IsIdle == false))
            _timer.Arm(TurnTimer.Often);
        if (!_isDraining)
            return;
        if (_rooms.Clients.HaveAllEnded && _rooms.Deliveries.AreQuiet)
        {
            _rooms.Deliveries.Handover.End();
            _delivered.TrySetResult();
        }

        if (!_rooms.Clients.TryConclude(_rooms.Deliveries.AreQuiet))
            return;
        _rooms.CatchUps?.Dispose();
        _rooms.Feed?.Dispose();
        _turns.Dispose();
    }

    private void Time(long now)
    {
        if (_disposed)
            return;
        bool isShort = _rooms.Memory.AnyClient;
        if (isShort)
        {
            for (int closed = 0; closed < ClosedPerTickMax && _rooms.Relief.CloseSlowest(now); closed++)
            {
                // Others of their kind may wait too, and before everybody else.
            }

            _rooms.Memory.Serve();
        }

        _rooms.Deliveries.Tick(now);
        _rooms.Feed?.Tick(now);
        _rooms.TryMemoryAgain();
        _rooms.Parts.Paces.Serve(now);
        _rooms.Clients.Tick(now);
        bool idle = _rooms.Deliveries.AreSteady && _rooms.HeldCount == 0 && _rooms.Parts.Paces.Count == 0 && !isShort && !_isDraining && _rooms.Feed?.IsIdle != false;
        if (idle && _timer.IsSlow && _rooms.Log.Next == _requestsAtTick)
        {
            _rooms.Replies.Trim();
            _rooms.Ring.Trim();
            _rooms.Feed?.Rest();
        }

        _requestsAtTick = _rooms.Log.Next;
        _timer.Arm(idle ? _rooms.Clients.NextLook(now, TickIdle) : TurnTimer.Often);
    }
}
