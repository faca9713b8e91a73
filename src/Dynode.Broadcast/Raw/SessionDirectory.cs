using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// All sessions: counts clients and the lingering, admits and refuses, and finds room. Any thread; one lock, held for a few
/// instructions; sessions are given orders outside it.
/// </summary>
internal sealed class SessionDirectory(DataPlane plane) : IClientele
{
    /// <summary>Descriptors that are no client's: listeners, the runtime's, the log, the list URL, and some for connections that close slowly.</summary>
    private const int DescriptorsReserved = 64;

    /// <summary>Sessions that are asked for memory in one go.</summary>
    private const int AskedMax = 16;

    /// <summary>A lingering session of which a server took something so recently is on its way to its end.</summary>
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<ClientSession> _sessions = [];
    private readonly LinkedList<ClientSession> _lingering = new();
    private readonly RateLimit _refusedLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _evictedLine = new(plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _writeTimeoutLine = new(plane.Clock, TimeSpan.FromSeconds(1));
    private TaskCompletionSource? _empty;
    private long _accepted;
    private long _refused;
    private long _evicted;
    private int _clients;
    private int _said;

    public int Clients
    {
        get
        {
            lock (_lock)
                return _clients;
        }
    }

    public int Lingering
    {
        get
        {
            lock (_lock)
                return _lingering.Count;
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _sessions.Count;
        }
    }

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Clients at once: what is configured, or fewer where the descriptors allow no more.</summary>
    public int ClientsMax => Math.Min(plane.Settings.ClientsMax, SessionsMax);

    /// <summary>Sessions at once, the lingering too: each takes a descriptor for its client and one for each server.</summary>
    private int SessionsMax
    {
        get
        {
            long descriptors = plane.Settings.DescriptorsMax;
            return descriptors == 0
                ? int.MaxValue
                : (int)Math.Clamp((descriptors - DescriptorsReserved) / PerClient, 1, int.MaxValue);
        }
    }

    private int PerClient => 1 + plane.Backends.Current.Length;

    public bool MaySayWriteTimeout() => _writeTimeoutLine.TryPass();

    /// <summary>Says, when it has changed, that the descriptors allow fewer clients than configured.</summary>
    public void SayClientsMax()
    {
        int clientsMax = ClientsMax;
        if (clientsMax < plane.Settings.ClientsMax && Interlocked.Exchange(ref _said, clientsMax) != clientsMax)
            plane.Logger.ClientsLowered(plane.Settings.ClientsMax, clientsMax, plane.Settings.DescriptorsMax, PerClient);
    }

    /// <inheritdoc/>
    public void MakeRoom() => EvictOldest();

    /// <inheritdoc/>
    public void SetChanged() => OrderAll(SessionOrder.None);

    /// <inheritdoc/>
    public void SettingsChanged() => OrderAll(SessionOrder.Rearm);

    /// <inheritdoc/>
    public void CloseGaps()
    {
        // A session that missed something ends; the next one of its client has no gap.
    }

    /// <inheritdoc/>
    public Task Drain() => EndAll(SessionOrder.Drain);

    /// <inheritdoc/>
    public Task Abort() => EndAll(SessionOrder.Abort);

    /// <inheritdoc/>
    public BroadcastSnapshot Describe(BroadcastSnapshot snapshot) => snapshot with
    {
        Clients = Clients,
        Lingering = Lingering,
        ClientsMax = ClientsMax,
        Accepted = Accepted,
        Refused = Refused,
        Evicted = Evicted,
    };

    /// <inheritdoc/>
    public void Admit(Socket socket)
    {
        bool admitted;
        int clientsMax = ClientsMax;
        lock (_lock)
        {
            admitted = _empty is null && _clients < clientsMax;
            if (admitted)
                _clients++;
        }

        if (!admitted)
        {
            long refused = Interlocked.Increment(ref _refused);
            if (_refusedLine.TryPass())
                plane.Logger.ClientsRefused(refused, clientsMax);
            socket.Dispose();
            return;
        }

        var session = new ClientSession(plane, socket);
        bool ending;
        lock (_lock)
        {
            _sessions.Add(session);
            ending = _empty is not null;
        }

        // The order to all came between the two locks.
        if (ending)
            session.Order(SessionOrder.Abort);
        Interlocked.Increment(ref _accepted);
        if (Count > SessionsMax)
            EvictOldest();
        plane.Logger.ClientConnected(session.Client);
        session.Start();
    }

    /// <summary>The client of a session is gone; what it left may linger.</summary>
    public void ClientLeft(ClientSession session)
    {
        bool tooMany;
        lock (_lock)
        {
            if (!_sessions.Contains(session) || session.LingeringNode is not null)
                return;
            _clients--;
            session.LingeringNode = _lingering.AddLast(session);
            tooMany = _lingering.Count > plane.Settings.ClientsMax;
        }

        if (tooMany)
            EvictOldest();
    }

    public void Ended(ClientSession session)
    {
        TaskCompletionSource? empty = null;
        lock (_lock)
        {
            if (!_sessions.Remove(session))
                return;
            if (session.LingeringNode is null)
                _clients--;
            else if (session.LingeringNode.List is not null)
                _lingering.Remove(session.LingeringNode);
            if (_sessions.Count == 0 && _clients == 0)
                empty = _empty;
        }

        empty?.TrySetResult();
    }

    /// <summary>The oldest lingering session makes room: the oldest of those that wait, or where there are none, of those that their servers are still taking from.</summary>
    /// <param name="waitingOnly">Leave the latter be: they make room by themselves.</param>
    /// <returns>False: there is none.</returns>
    public bool EvictOldest(bool waitingOnly = false)
    {
        ClientSession? oldest;
        long progressSince = plane.Clock.Now - Progress.Ticks;
        lock (_lock)
        {
            oldest = _lingering.FirstOrDefault(session => session.OwesAway || session.LastActivity < progressSince);
            oldest ??= waitingOnly ? null : _lingering.First?.Value;
            if (oldest is null)
                return false;
            _lingering.Remove(oldest.LingeringNode!);
        }

        long evicted = Interlocked.Increment(ref _evicted);
        if (_evictedLine.TryPass())
            plane.Logger.Evicted(evicted);
        oldest.Order(SessionOrder.Evict);
        return true;
    }

    /// <summary>Memory is waited for: the oldest lingering sessions go first, then the largest backlogs of servers that are away are cut.</summary>
    public void FreeMemory()
    {
        if (EvictOldest(waitingOnly: true))
            return;
        ClientSession[] largest;
        lock (_lock)
            largest = [.. _sessions.OrderByDescending(session => session.BacklogBytes).Take(AskedMax)];
        foreach (var session in largest)
            session.Order(SessionOrder.DropOldest);
    }

    /// <summary>Gives every session an order; with <see cref="SessionOrder.None"/> it only looks at the set of servers again.</summary>
    public void OrderAll(SessionOrder order)
    {
        ClientSession[] all;
        lock (_lock)
            all = [.. _sessions];
        foreach (var session in all)
            session.Order(order);
    }

    /// <summary>Admits nobody any more and gives all an order. Done when the last session has ended.</summary>
    private Task EndAll(SessionOrder order)
    {
        Task done;
        lock (_lock)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_sessions.Count == 0 && _clients == 0)
                _empty.TrySetResult();
            done = _empty.Task;
        }

        OrderAll(order);
        return done;
    }
}
