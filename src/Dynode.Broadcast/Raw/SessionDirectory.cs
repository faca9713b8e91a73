using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// All sessions: counts clients and the lingering, admits and refuses, and finds room. Any thread; one lock, held for a few
/// instructions; sessions are given orders outside it.
/// </summary>
internal sealed class SessionDirectory : IClientele, ISessionHome, IMemoryHolders
{
    /// <summary>Sessions that are asked for memory in one go.</summary>
    private const int AskedMax = 64;

    /// <summary>A lingering session of which a server took something so recently is on its way to its end.</summary>
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<ClientSession> _sessions = [];
    private readonly LinkedList<ClientSession> _lingering = new();
    private readonly DataPlane _plane;
    private readonly BackendDirectory _backends;
    private readonly Admission _admission;
    private readonly RateLimit _evictedLine;
    private readonly RateLimit _writeTimeoutLine;
    private TaskCompletionSource? _empty;
    private SessionOrder _ending;
    private long _evicted;
    private long _ids;
    private int _clients;

    public SessionDirectory(DataPlane plane, BackendDirectory backends, Admission admission)
    {
        (_plane, _backends, _admission) = (plane, backends, admission);
        Memory = new MemoryRelief(plane, this);
        _evictedLine = new RateLimit(plane.Clock, TimeSpan.FromSeconds(5));
        _writeTimeoutLine = new RateLimit(plane.Clock, TimeSpan.FromSeconds(1));
    }

    /// <summary>A server that takes nothing may hold others for its budget, also where its client is gone.</summary>
    private long StalledAfter => Math.Max(Progress.Ticks, _plane.Settings.StallTimeout.Ticks);

    /// <summary>For who waits for a page.</summary>
    private MemoryRelief Memory { get; }

    /// <inheritdoc/>
    public int Count
    {
        get
        {
            lock (_lock)
                return _sessions.Count;
        }
    }

    /// <inheritdoc/>
    public int Clients => Volatile.Read(ref _clients);

    /// <inheritdoc/>
    public void MakeRoom() => EvictOldest();

    /// <inheritdoc/>
    public void SetChanged() => OrderAll(SessionOrder.None);

    /// <inheritdoc/>
    public void SettingsChanged() => OrderAll(SessionOrder.Rearm);

    /// <inheritdoc/>
    public Task<ImmutableArray<GapClosed>> CloseGapsAsync(GapOrder order) => Task.FromResult(ImmutableArray<GapClosed>.Empty); // A session that missed something ends; the next one of its client has no gap.

    /// <inheritdoc/>
    public ClientFigures[] Figures()
    {
        long now = _plane.Clock.Now;
        lock (_lock)
            return [.. _sessions.Where(static session => session.LingeringNode is null).Select(session => session.Figures(now))];
    }

    /// <inheritdoc/>
    public SlowRequest[] SlowRequests() => [];

    /// <inheritdoc/>
    public bool TryCloseClient(long id)
    {
        ClientSession? session;
        lock (_lock)
            session = _sessions.FirstOrDefault(session => session.Id == id && session.LingeringNode is null);
        session?.Order(SessionOrder.Close);
        return session is not null;
    }

    /// <inheritdoc/>
    public void OrdersChanged() => OrderAll(SessionOrder.None);

    /// <inheritdoc/>
    public Task Drain() => EndAll(SessionOrder.Drain);

    /// <inheritdoc/>
    public Task Deliver(Action<BackendAddress> whole) => Task.CompletedTask;

    /// <inheritdoc/>
    public void LetGo()
    {
        // Sessions share no log that anybody could go on with.
    }

    /// <inheritdoc/>
    public Task ServeOn() => EndAll(SessionOrder.None);

    /// <inheritdoc/>
    public HandedOver HandOver() => new(0, []);

    /// <inheritdoc/>
    public void GoOnFrom(long next) => LetGo(); // Nor are its requests counted.

    /// <inheritdoc/>
    public Task Abort()
    {
        Memory.Dispose();
        return EndAll(SessionOrder.Abort);
    }

    /// <inheritdoc/>
    public ClienteleSnapshot Snapshot(ImmutableArray<BackendSnapshot> backends)
    {
        lock (_lock)
            return new() { Clients = _clients, Lingering = _lingering.Count, Evicted = Interlocked.Read(ref _evicted), Backends = backends };
    }

    /// <inheritdoc/>
    public void Admit(Arrival arrival)
    {
        long id = Interlocked.Increment(ref _ids);

        // The server may be connected to when the client's socket is no more.
        if (_plane.Settings.BackendProxy != ProxyVersions.None)
            arrival = arrival.Reached();
        if (!_admission.Gate.TryEnter(id, arrival, this))
            return;
        bool admitted;
        int clientsMax = _admission.ClientsMax;
        lock (_lock)
        {
            admitted = _empty is not { Task.IsCompleted: true } && _clients + _admission.Coming < clientsMax;
            if (admitted)
                _clients++;
        }

        if (!admitted)
        {
            _admission.Refuse(arrival, id, clientsMax);
            return;
        }

        var session = new ClientSession(_plane, _backends, Memory, _writeTimeoutLine, this, arrival, id);
        SessionOrder ending;
        lock (_lock)
        {
            _sessions.Add(session);
            ending = _ending;
        }

        // Accepted a moment before the end, it ends like all the others: to close it on what it has sent would reset it.
        if (ending != SessionOrder.None)
            session.Order(ending);
        _admission.Accept();
        if (Count > _admission.SessionsMax)
            EvictOldest();
        session.Start();
    }

    /// <inheritdoc/>
    public void ClientLeft(ClientSession session)
    {
        bool tooMany;

        // Before it is seen to have gone: another one of its address may come then.
        _admission.Gate.Leave(session.Id);
        lock (_lock)
        {
            if (!_sessions.Contains(session) || session.LingeringNode is not null)
                return;
            _clients--;
            session.LingeringNode = _lingering.AddLast(session);
            tooMany = _lingering.Count > _plane.Settings.ClientsMax;
        }

        _admission.Left(session.Figures(_plane.Clock.Now), session.Why);

        if (tooMany)
            EvictOldest();
    }

    /// <inheritdoc/>
    public void Ended(ClientSession session)
    {
        TaskCompletionSource? empty = null;
        bool failed;
        lock (_lock)
        {
            if (!_sessions.Remove(session))
                return;
            failed = session.LingeringNode is null;
            if (failed)
                _clients--;
            else if (session.LingeringNode is { List: not null } place)
                _lingering.Remove(place);
            if (_sessions.Count == 0 && _clients == 0)
                empty = _empty;
        }

        if (failed)
            _admission.Left(session.Figures(_plane.Clock.Now), ClientEnd.Fault);
        empty?.TrySetResult();
    }

    /// <inheritdoc/>
    public void Free(int pages, bool orStalled)
    {
        if (TryEvict(session => session.OwesAway || (orStalled && session.LastActivity < _plane.Clock.Now - StalledAfter), forMemory: true))
            return;
        ClientSession[] most;
        lock (_lock)
            most = [.. _sessions.Where(session => session.FreeableBytes > 0).OrderByDescending(session => session.FreeableBytes).Take(Math.Min(pages, AskedMax))];
        foreach (var session in most)
        {
            Memory.Asks();
            session.Order(SessionOrder.FreeMemory);
        }
    }

    /// <inheritdoc/>
    public void LookAtMemory() => OrderAll(SessionOrder.None, static session => session.BacklogBytes > 0);

    /// <summary>The oldest lingering session makes room: the oldest of those that wait, or where there are none, of those that their servers are still taking from.</summary>
    private void EvictOldest()
    {
        long since = _plane.Clock.Now - Progress.Ticks;
        if (!TryEvict(session => session.OwesAway || session.LastActivity < since))
            TryEvict(static _ => true);
    }

    /// <summary>The oldest such lingering session goes.</summary>
    /// <returns>False: there is none.</returns>
    private bool TryEvict(Func<ClientSession, bool> whom, bool forMemory = false)
    {
        ClientSession? oldest;
        lock (_lock)
        {
            oldest = _lingering.FirstOrDefault(whom);
            if (oldest is null)
                return false;
            _lingering.Remove(oldest.LingeringNode!);
        }

        long evicted = Interlocked.Increment(ref _evicted);
        if (_evictedLine.TryPass())
            _plane.Logger.Evicted(evicted);
        if (forMemory)
            Memory.Asks();
        oldest.Order(forMemory ? SessionOrder.Evict | SessionOrder.FreeMemory : SessionOrder.Evict);
        return true;
    }

    /// <summary>Gives every session an order; with <see cref="SessionOrder.None"/> it only looks at the set of servers again.</summary>
    private void OrderAll(SessionOrder order, Predicate<ClientSession>? whom = null)
    {
        ClientSession[] all;
        lock (_lock)
            all = [.. _sessions.Where(session => whom is null || whom(session))];
        foreach (var session in all)
            session.Order(order);
    }

    /// <summary>Gives all an order, and whoever is yet admitted. Done when the last session has ended.</summary>
    private Task EndAll(SessionOrder order)
    {
        Task done;
        lock (_lock)
        {
            _ending |= order;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_sessions.Count == 0 && _clients == 0)
                _empty.TrySetResult();
            done = _empty.Task;
        }

        OrderAll(order);
        return done;
    }
}
