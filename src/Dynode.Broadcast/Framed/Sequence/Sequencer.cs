using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Clients;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The one place where the requests of all clients become one sequence, and where everything of the framed protocols happens: in
/// turns, one at a time, on the event thread. Completions only leave word (<see cref="Signal"/>); a turn behind them
/// (<see cref="WakeSocket"/>) then does for all who are ready what a turn for each would do many times over:
/// <code>
///   1  who is ready: clients read, requests enter the log; connections read, replies are matched and decided
///   2  who waits for room tries again, in the order they came
///   3  each server is sent what the log holds for it: many requests of many clients in one call
///   4  each client is sent the answers that it has got
/// </code>
/// So nothing in here locks, and what one part does to another it does at once. The control plane takes <see cref="_turn"/> and
/// waits for one turn at most.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends in a turn of its own, when all clients and servers are quiet, and disposes of its parts then.")]
internal sealed class Sequencer : IPageWaiter, IClientele
{
    /// <summary>Turns in a row on one thread before others have theirs.</summary>
    private const int TurnsMax = 16;

    /// <summary>Clients closed at a time for the memory that they keep.</summary>
    private const int ClosedPerTickMax = 16;

    /// <summary>How exact time is where something may be due; where nothing can be, <see cref="TickIdle"/>.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.05);

    private static readonly TimeSpan TickIdle = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private readonly ReadyQueue<ISequenced> _ready = new();
    private readonly WakeSocket _wake;
    private readonly ITimer _timer;
    private readonly List<FramedClient> _dirty = [];
    private readonly List<FramedClient> _memoryWaiters = [];
    private TurnGate _gate;
    private bool _pagesAwaited;
    private bool _pagesFreed;
    private bool _timerFired;
    private bool _ticksSlowly;
    private long _requestsAtTick;
    private bool _disposed;

    public Sequencer(DataPlane plane, BackendDirectory backends, Admission admission, IProtocol protocol, IReplyPolicy policy)
    {
        Plane = plane;
        Backends = backends;
        Settings = plane.Settings;
        Protocol = protocol;
        Ring = new SlotRing(plane.Settings.InFlightMax);
        Memory = new ReplyMemory(plane.Pool, () => Clients!.CloseGreediest());
        Answers = new AnswerQueue(Ring, Memory, protocol);
        Voting = new Voting(Ring, Answers, Memory, policy, new Divergence(plane.Logger, new RateLimit(plane.Clock, BackendReport.Interval)));
        Log = new SharedLog(plane.Pool, protocol);
        Deliveries = new FramedDeliveries(this);
        Clients = new FramedClients(this, admission);
        Held = new HoldQueue(this);
        IsSilent = policy is NoReply;
        _wake = new WakeSocket(RunTurns);
        _timer = plane.Clock.Time.CreateTimer(static state => ((Sequencer)state!).TimerFired(), this, Tick, Timeout.InfiniteTimeSpan);
    }

    public DataPlane Plane { get; }

    public BackendDirectory Backends { get; }

    public IProtocol Protocol { get; }

    public BroadcastSettings Settings { get; private set; }

    public ProtocolSettings Framing => Settings.Framing;

    public RequestScratch Scratch { get; } = new();

    public SlotRing Ring { get; }

    public ReplyMemory Memory { get; }

    public AnswerQueue Answers { get; }

    public Voting Voting { get; }

    public SharedLog Log { get; }

    public FramedDeliveries Deliveries { get; }

    public FramedClients Clients { get; }

    /// <summary>Who waits for room.</summary>
    public HoldQueue Held { get; }

    /// <summary>No client is answered.</summary>
    public bool IsSilent { get; }

    /// <summary>Servers are not asked for replies; what they say all the same is thrown away.</summary>
    public bool IgnoresReplies => Settings.Protocol == Dynode.Broadcast.Plane.Protocol.Line && Framing.RepliesPerLine == 0;

    /// <summary>It drains: nothing more is read from clients.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Pending requests of one client: an eighth of the ring.</summary>
    public int PendingMax => Ring.SlotsMax / 8;

    /// <summary>Somebody has something to do. Any thread.</summary>
    public void Signal(ISequenced item)
    {
        _ready.Push(item);
        Wake();
    }

    /// <summary>A turn is wanted. Any thread.</summary>
    public void Wake()
    {
        if (_gate.TryEnter())
            _wake.Request();
    }

    /// <inheritdoc/>
    public void PagesFreed()
    {
        Volatile.Write(ref _pagesFreed, true);
        Wake();
    }

    private void RunTurns()
    {
        for (int turns = 0; turns < TurnsMax; turns++)
        {
            lock (_turn)
                Turn(Plane.Clock.Now);
            if (_gate.TryLeave())
                return;
        }

        _wake.Request();
    }

    /// <summary>The control plane does something between two turns, and a turn follows.</summary>
    public T Between<T>(Func<long, T> action)
    {
        T result;
        lock (_turn)
            result = action(Plane.Clock.Now);
        Wake();
        return result;
    }

    /// <inheritdoc/>
    public void Admit(Socket socket) => Clients.Admit(socket);

    /// <inheritdoc/>
    public void MakeRoom()
    {
        // No client lingers here: what one has left is in the log, and takes no descriptor.
    }

    /// <summary>A client has answers to be sent, or must be closed, at the end of this turn.</summary>
    public void Soil(FramedClient client)
    {
        if (client.IsDirty)
            return;
        client.IsDirty = true;
        _dirty.Add(client);
    }

    /// <summary>A client found no page; it is signalled when some come back. Always false, for the caller to return.</summary>
    public bool AwaitMemory(FramedClient client)
    {
        if (!client.AwaitsMemory)
            _memoryWaiters.Add(client);
        client.AwaitsMemory = true;
        AwaitPages();
        return false;
    }

    /// <summary>Somebody found no page, and is looked at again when some come back.</summary>
    public void AwaitPages()
    {
        if (_pagesAwaited)
            return;
        _pagesAwaited = true;
        Plane.Pool.Await(this);
    }

    /// <summary>
    /// Makes a client's request the next in the log: all in one piece <paramref name="first"/> and <paramref name="rest"/>, or a chain.
    /// </summary>
    /// <returns>False: there is no room for it now, or nobody who could answer yet; the client stands in the queue and is signalled.</returns>
    public bool TryAppend(FramedClient client, in RequestVerdict verdict, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        long length = chain?.Length ?? first.Length + rest.Length;
        bool waits = !IsSilent && verdict.Replies > 0 && (verdict.Hide != RequestVerdict.HidesAll || verdict.Selects >= 0);
        if (!Held.MayPass(client, length, waits))
            return false;
        bool appended = Log.TryAppend(verdict, first, rest, chain);

        // The one of our own that selects its database is nobody's.
        while (Ring.Next < Log.Next - (appended ? 1 : 0))
            Ring.Pass();
        if (!appended)
        {
            Deliveries.FreeMemory();
            AwaitPages();
            Held.Hold(client);
            return false;
        }

        var voters = verdict.Replies > 0 ? Deliveries.Voters : VoterSet.Empty;
        bool compared = voters.Count > 1 && verdict.Class != ReplyClass.Own && !Ring.IsCrowded;
        if (!waits && !compared)
        {
            Ring.Pass();
            return true;
        }

        long number = Ring.Open(voters);
        ref var slot = ref Ring[number];
        slot.Class = verdict.Class;
        slot.Hide = verdict.Hide;
        slot.Selects = verdict.Selects;
        if (!waits)
        {
            slot.IsDecided = true;
            return true;
        }

        Answers.Enter(client, number);
        Voting.Opened(number);
        return true;
    }

    /// <inheritdoc/>
    public int Count => Clients.Count;

    /// <inheritdoc/>
    public void SetChanged() => Wake();

    /// <inheritdoc/>
    public void SettingsChanged() => Between(_ => Settings = Plane.Settings);

    /// <inheritdoc/>
    public void CloseGaps() => Plane.Logger.GapsClosed(Between(_ => Deliveries.CloseGaps()));

    /// <inheritdoc/>
    public Task Drain()
    {
        Between(_ =>
        {
            IsDraining = true;
            Clients.EndAll("drain");
            return 0;
        });
        return Clients.Ended;
    }

    /// <inheritdoc/>
    public Task Abort()
    {
        Between(_ =>
        {
            if (_disposed)
                return 0;
            _disposed = true;
            IsDraining = true;
            _timer.Dispose();
            Clients.CloseAll("shutdown");
            Deliveries.Abort();
            Log.Log.Complete();
            return 0;
        });
        return Clients.Ended;
    }

    /// <inheritdoc/>
    public ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends) => Between(_ => new ClienteleSnapshot
    {
        Clients = Clients.Count,
        Malformed = Clients.Malformed,
        Requests = Log.Next,
        Slots = Ring.Count,
        Held = Held.Count,
        Backends = [.. backends.Select(backend => backend with { Standing = Deliveries.StandingOf(backend.Address) })],
    });

    private void Turn(long now)
    {
        if (Volatile.Read(ref _timerFired))
            Time(now);
        if (Volatile.Read(ref _pagesFreed))
            ServeMemoryWaiters();
        var item = _ready.TakeAll();

        // Behind it: a client that was let in because of this very set finds it in force.
        Deliveries.Reconcile(now);
        Deliveries.ReadPrimary(now);
        while (item is not null)
        {
            var next = ReadyQueue<ISequenced>.TakeNext(item);
            Run(item, now);
            item = next;
        }

        Deliveries.Settle(now);
        Held.Serve(now);
        Deliveries.Pump(now);
        for (int i = 0; i < _dirty.Count; i++)
        {
            _dirty[i].IsDirty = false;
            _dirty[i].Flush(now);
        }

        _dirty.Clear();

        // Where requests are acknowledged by being sent, there is room again, and nobody will come to say so.
        if (Held.Count > 0 && Held.HasRoom)
            Wake();
        if (_ticksSlowly && (_memoryWaiters.Count > 0 || !Deliveries.AreSteady))
            Arm(Tick);
        if (IsDraining && Clients.TryConclude(Deliveries.AreQuiet))
            _wake.Dispose();
    }

    /// <summary>Runs one's steps; a fault of this program ends that one alone.</summary>
    public void Run(ISequenced item, long now)
    {
        try
        {
            item.Step(now);
        }
        catch (Exception e)
        {
            Plane.Logger.SessionFault(e);
            item.Fail();
        }
    }

    private void ServeMemoryWaiters()
    {
        Volatile.Write(ref _pagesFreed, false);
        _pagesAwaited = false;
        foreach (var client in _memoryWaiters)
        {
            client.AwaitsMemory = false;
            Signal(client);
        }

        Deliveries.ReadOn(all: true);
        _memoryWaiters.Clear();
    }

    private void TimerFired()
    {
        Volatile.Write(ref _timerFired, true);
        Wake();
    }

    private void Time(long now)
    {
        Volatile.Write(ref _timerFired, false);
        if (_disposed)
            return;
        bool isShort = _memoryWaiters.Count > 0;
        if (isShort)
        {
            for (int closed = 0; closed < ClosedPerTickMax && Clients.CloseSlowest(now); closed++)
            {
                // Others of their kind may wait too, and before everybody else.
            }

            ServeMemoryWaiters();
        }

        Deliveries.Tick(now);
        Clients.Tick(now);
        bool idle = Deliveries.AreSteady && Held.Count == 0 && !isShort && !IsDraining;
        if (idle && _ticksSlowly && Log.Next == _requestsAtTick)
            Memory.Trim();
        _requestsAtTick = Log.Next;
        Arm(idle ? Clients.NextLook(now, TickIdle) : Tick);
    }

    private void Arm(TimeSpan wait)
    {
        _ticksSlowly = wait > Tick;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
