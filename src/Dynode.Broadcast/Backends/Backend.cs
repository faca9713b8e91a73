using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Backends;

/// <summary>A delivery's place in its backend's queue; guarded by the backend's lock.</summary>
internal enum ConnectGrant
{
    /// <summary>It has not asked.</summary>
    None,

    /// <summary>It waits to be woken.</summary>
    Waiting,

    /// <summary>It may connect, or is connecting.</summary>
    Granted,
}

/// <summary>Who wants a connection to a backend: one delivery of one log.</summary>
internal interface IConnector
{
    /// <summary>Guarded by the backend's lock.</summary>
    ConnectGrant Grant { get; set; }

    /// <summary>It has an entry in the backend's queue, be it one that it withdrew from. Guarded by the backend's lock.</summary>
    bool IsQueued { get; set; }

    /// <summary>It may connect now; called without the lock: only leave word.</summary>
    void Wake();
}

/// <summary>
/// One configured server: what all sessions know of it together. It hands out the right to connect:
/// <code>
///   Unknown, Up   to as many at once as <see cref="ConnectsMax"/>
///   Down          to one (the probe), once the backoff has passed; the others wait for its word
/// </code>
/// A wave that follows a probe and fails is one failure: until its backoff has passed nobody is let in, whatever becomes
/// of the connects that are still in flight.
/// Called from the turns of many sessions; one lock, held for a few instructions; sessions are woken outside it.
/// </summary>
internal sealed class Backend : IDisposable
{
    /// <summary>Connects in flight to one server: more only fill its accept queue and time out there.</summary>
    public const int ConnectsMax = 64;

    /// <summary>A connection that lasted so long has proven that its server works, also when it answers nothing.</summary>
    public static readonly TimeSpan Proof = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly DataPlane _plane;
    private readonly EndPointBook _book;
    private readonly Queue<IConnector> _waiting = new();
    private readonly ITimer _timer;
    private volatile BackendState _state;
    private int _granted;
    private int _failures;
    private long _notBefore;
    private string? _lastError;
    private bool? _saidUp;
    private bool _disposed;

    public Backend(BackendAddress address, DataPlane plane)
    {
        Address = address;
        _plane = plane;
        _book = new EndPointBook(address, plane.IsOwnEndPoint, Resolved);
        _timer = plane.Clock.Time.CreateTimer(static state => ((Backend)state!).GrantWaiting(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Report = new BackendReport(this, plane);
    }

    public BackendAddress Address { get; }

    public BackendCounters Counters { get; } = new();

    public BackendReport Report { get; }

    /// <summary>Its death has been seen: nobody need wait for it.</summary>
    public bool IsDown => _state == BackendState.Down;

    public BackendSnapshot Snapshot() => Counters.Snapshot(Address, _state);

    /// <summary>Asks to connect. False: wait; the connector is woken when it may ask again.</summary>
    public bool TryGrant(IConnector connector, out IPEndPoint? endPoint)
    {
        lock (_lock)
        {
            long now = _plane.Clock.Now;
            endPoint = _book.Current;
            if (connector.Grant == ConnectGrant.Granted)
            {
                if (endPoint is not null)
                    return true;

                // Its address failed for others meanwhile, and is looked up again: back into the queue.
                Settle(connector);
            }

            if (connector.Grant == ConnectGrant.None && MayGrant(now))
            {
                connector.Grant = ConnectGrant.Granted;
                _granted++;
                return true;
            }

            if (connector.Grant == ConnectGrant.None)
            {
                connector.Grant = ConnectGrant.Waiting;
                if (!connector.IsQueued)
                    _waiting.Enqueue(connector);
                connector.IsQueued = true;
            }

            Arm(now);
            return false;
        }
    }

    /// <summary>The delivery wants no connection any more; what it was granted goes to the next.</summary>
    public void Withdraw(IConnector connector)
    {
        // Only the delivery's own session, which calls here, ever leaves None.
        if (connector.Grant == ConnectGrant.None)
            return;
        lock (_lock)
            Settle(connector);

        GrantWaiting();
    }

    /// <summary>The granted connect succeeded.</summary>
    public void Connected(IConnector connector, EndPoint endPoint)
    {
        bool news;
        lock (_lock)
        {
            Settle(connector);
            _state = BackendState.Up;

            // Inside a wave that fails it would be said, and taken back, for each connection.
            news = _saidUp != true && !IsHeldBack(_plane.Clock.Now);
            if (news)
                _saidUp = true;
        }

        Counters.Connected();
        if (news)
            _plane.Logger.BackendUp(Address, endPoint);
        GrantWaiting();
    }

    /// <summary>The granted connect failed.</summary>
    /// <returns>True: the server has another address, which may be tried at once.</returns>
    public bool ConnectFailed(IConnector connector, IPEndPoint endPoint, string error)
    {
        Counters.ConnectFailed();
        bool stale;
        lock (_lock)
        {
            Settle(connector);
            stale = _book.Current is { } current && !current.Equals(endPoint);
        }

        // What others have given up meanwhile says nothing of the address that they went on to.
        if (stale)
            GrantWaiting();
        return stale || Failed(error);
    }

    /// <summary>A connection that had been made has ended by the server's doing.</summary>
    /// <param name="proven">It lasted a second, or the server answered on it: the backoff starts anew.</param>
    /// <param name="error">Why.</param>
    /// <param name="refused">The server, or we, would not go on: it is down until it is ready again.</param>
    public void Ended(bool proven, string error, bool refused = false)
    {
        if (proven)
        {
            lock (_lock)
            {
                _failures = 0;
                _notBefore = 0;
            }
        }

        if (!proven || refused)
            Failed(error);
        else
            GrantWaiting();
    }

    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        _timer.Dispose();
    }

    /// <returns>True: there is another address to try at once.</returns>
    private bool Failed(string error)
    {
        bool news;
        bool another;
        TimeSpan delay;
        lock (_lock)
        {
            long now = _plane.Clock.Now;
            bool sameFailure = IsHeldBack(now);
            another = !sameFailure && _book.TryNext();
            if (!sameFailure && !another)
            {
                _failures++;
                _notBefore = now + Backoff.Delay(_failures, _plane.Settings.ReconnectDelayMax, Random.Shared.NextDouble()).Ticks;
            }

            // The first retry is at once, and until it fails too nobody calls the server dead.
            news = !sameFailure && (_saidUp != false || error != _lastError);
            _state = BackendState.Down;
            if (news)
                (_saidUp, _lastError) = (false, error);
            delay = TimeSpan.FromTicks(Math.Max(0, _notBefore - now));
            Arm(now);
        }

        if (news)
            _plane.Logger.BackendDown(Address, error, delay.TotalSeconds);
        GrantWaiting();
        return another;
    }

    private void Settle(IConnector connector)
    {
        if (connector.Grant == ConnectGrant.Granted)
            _granted--;

        // One that waits stays in the queue, and is passed over there.
        connector.Grant = ConnectGrant.None;
    }

    private bool MayGrant(long now)
    {
        if (_disposed || _book.Current is null || IsHeldBack(now))
            return false;
        return _granted < (_state == BackendState.Down ? 1 : ConnectsMax);
    }

    /// <summary>The backoff has not passed.</summary>
    private bool IsHeldBack(long now) => now < _notBefore;

    private void GrantWaiting()
    {
        while (true)
        {
            IConnector? next = null;
            lock (_lock)
            {
                long now = _plane.Clock.Now;
                while (next is null && MayGrant(now) && _waiting.TryDequeue(out var waiting))
                {
                    waiting.IsQueued = false;
                    if (waiting.Grant != ConnectGrant.Waiting)
                        continue;
                    next = waiting;
                    next.Grant = ConnectGrant.Granted;
                    _granted++;
                }

                if (next is null)
                {
                    Arm(now);
                    return;
                }
            }

            next.Wake();
        }
    }

    private void Resolved(string? error)
    {
        if (error is null)
            GrantWaiting();
        else
            Failed(error);
    }

    /// <summary>Sees to it that somebody comes back for those who wait.</summary>
    /// <param name="now">
    /// When it was looked whether they may go on. Were the clock read again here, the backoff could have passed in between: then no
    /// timer would be set, and they would wait for ever.
    /// </param>
    private void Arm(long now)
    {
        if (_waiting.Count == 0 || _disposed)
            return;
        if (now < _notBefore)
            _timer.Change(TimeSpan.FromTicks(_notBefore - now) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        else
            _book.Resolve();
    }
}
