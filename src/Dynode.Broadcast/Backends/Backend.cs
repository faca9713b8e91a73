using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// One configured server: what all sessions know of it together. It hands out the right to connect:
/// <code>
///   Unknown, Up   to as many at once as <see cref="ConnectsMax"/>
///   Down          to one (the probe), once the backoff has passed; the others wait for its word
/// </code>
/// A wave that follows a probe and fails is one failure: until its backoff has passed nobody is let in, whatever becomes
/// of the connects that are still in flight. While its name is looked up nobody is let in either; a lookup that lasts longer than
/// <c>connect_timeout</c> makes it down, and goes on.
/// Called from the turns of many sessions, and by lookups; one lock, held for a few instructions; sessions are woken outside it.
/// </summary>
internal sealed class Backend : INamed, IDisposable
{
    /// <summary>Connects in flight to one server: more only fill its accept queue and time out there.</summary>
    public const int ConnectsMax = 64;

    /// <summary>A connection that lasted so long has proven that its server works, also when it answers nothing.</summary>
    public static readonly TimeSpan Proof = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly DataPlane _plane;
    private readonly ConnectQueue _queue = new();
    private readonly ITimer _timer;
    private volatile BackendState _state;
    private volatile BackendOrder _order;
    private Outage _outage;
    private long _armedFor = Clock.Never;
    private bool _disposed;

    public Backend(BackendAddress address, DataPlane plane, NameLookups lookups, Transport.ServerTls? tls = null)
    {
        (Calls, _plane) = (new(address, plane, tls ?? new Transport.ServerTls(null, 1)), plane);
        (Name, Report) = (new BackendName(this, address, plane, lookups, _lock), new BackendReport(this, plane));
        Name.TakeAddress();
        _timer = plane.Clock.Time.CreateTimer(static state => ((Backend)state!).TimeHasCome(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public BackendAddress Address => Calls.Address;

    public BackendCalls Calls { get; }

    public BackendCounters Counters { get; } = new();

    public BackendReport Report { get; }

    public BackendName Name { get; }

    /// <summary>Its death has been seen, or the operator wants it left alone: nobody need wait for it.</summary>
    public bool IsDown => _state == BackendState.Down || IsDisabled;

    /// <summary>What the operator wants of it; whoever sets it has all look again.</summary>
    public BackendOrder Order { get => _order; set => _order = value; }

    /// <summary>Nobody is to connect to it.</summary>
    public bool IsDisabled => _order == BackendOrder.Disabled;

    public BackendSnapshot Snapshot() => Counters.Snapshot(Address, _state) with { LastError = Report.LastError, Order = _order, RetryIn = IsDown ? _outage.RetryIn(_plane.Clock.Now) : null };

    /// <summary>Asks to connect. False: wait; the connector is woken when it may ask again.</summary>
    public bool TryGrant(IConnector connector, out EndPoint? endPoint)
    {
        bool asks;
        lock (_lock)
        {
            long now = _plane.Clock.Now;
            endPoint = Name.Current;
            if (connector.Grant == ConnectGrant.Granted)
            {
                if (endPoint is not null)
                    return true;

                // Its address failed for others meanwhile, and is looked up again: back into the queue.
                _queue.Settle(connector);
            }

            if (connector.Grant == ConnectGrant.None && MayGrant(now))
            {
                _queue.Grant(connector);
                return true;
            }

            if (connector.Grant == ConnectGrant.None)
                _queue.Await(connector);
            asks = Arm(now);
        }

        if (asks)
            Name.Look();
        return false;
    }

    /// <summary>The operator says that names have moved: looks it up again, where anybody has asked for it.</summary>
    public void LookUpAgain()
    {
        bool asks;
        lock (_lock)
            asks = !_disposed && Name.TryAskAgain(_plane.Clock.Now, _queue.HasWaiting);
        if (asks)
            Name.Look();
        GrantWaiting();
    }

    /// <summary>The delivery wants no connection any more; what it was granted goes to the next.</summary>
    public void Withdraw(IConnector connector)
    {
        // Only the delivery's own session, which calls here, ever leaves None.
        if (connector.Grant == ConnectGrant.None)
            return;
        lock (_lock)
            _queue.Settle(connector);
        GrantWaiting();
    }

    /// <summary>The granted connect succeeded.</summary>
    public void Connected(IConnector connector, EndPoint endPoint)
    {
        bool news;
        lock (_lock)
        {
            _queue.Settle(connector);
            _state = BackendState.Up;

            // Inside a wave that fails it would be said, and taken back, for each connection.
            news = !_outage.IsHeldBack(_plane.Clock.Now) && _outage.TrySayUp();
        }

        Counters.Connected();
        if (news)
            _plane.Logger.BackendUp(Address, endPoint);
        GrantWaiting();
    }

    /// <summary>The granted connect failed.</summary>
    /// <returns>True: the server has another address, which may be tried at once.</returns>
    public bool ConnectFailed(IConnector connector, EndPoint endPoint, string error)
    {
        Counters.ConnectFailed();
        bool stale;
        lock (_lock)
        {
            _queue.Settle(connector);
            stale = Name.Current is { } current && !current.Equals(endPoint);
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
                _outage.Proven();
        }

        if (!proven || refused)
            Failed(error);
        else
            GrantWaiting();
    }

    /// <inheritdoc/>
    public void Found(bool isNew)
    {
        // What was tried before is no reason to keep an address waiting that has just been found.
        if (isNew)
        {
            lock (_lock)
                _outage.Relocated();
        }

        GrantWaiting();
    }

    /// <inheritdoc/>
    public void NotFound(string error) => Failed(error);

    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        _timer.Dispose();
    }

    /// <returns>True: there is another address to try at once.</returns>
    private bool Failed(string error)
    {
        bool news, another;
        TimeSpan delay;
        IConnector[] told;
        Report.Failed(error);
        lock (_lock)
        {
            if (_disposed)
                return false;
            long now = _plane.Clock.Now;
            bool sameFailure = _outage.IsHeldBack(now);
            another = !sameFailure && Name.TryNext();
            if (!sameFailure && !another)
                _outage.Failed(now, _plane.Settings.ReconnectDelayMax, Random.Shared.NextDouble());
            news = !sameFailure && _outage.TrySayDown(error);
            told = Die();
            delay = TimeSpan.FromTicks(Math.Max(0, _outage.NotBefore - now));
        }

        if (news)
            _plane.Logger.BackendDown(Address, error, delay.TotalSeconds);
        Array.ForEach(told, static connector => connector.Wake());
        GrantWaiting();
        return another;
    }

    /// <summary>It is down. Whoever waits for it in a queue has no other way to see that nobody need wait for it.</summary>
    /// <returns>Who is to be told, outside the lock.</returns>
    private IConnector[] Die()
    {
        bool isNews = _state != BackendState.Down;
        _state = BackendState.Down;
        return isNews ? _queue.AllWaiting() : [];
    }

    private bool MayGrant(long now)
    {
        if (_disposed || IsDisabled || Name.Current is null || _outage.IsHeldBack(now))
            return false;
        return _queue.Granted < (_state == BackendState.Down ? 1 : ConnectsMax);
    }

    private void GrantWaiting()
    {
        while (true)
        {
            IConnector? next;
            bool asks = false;
            lock (_lock)
            {
                long now = _plane.Clock.Now;
                next = MayGrant(now) ? _queue.GrantNext() : null;
                if (next is null)
                    asks = Arm(now);
            }

            if (asks)
                Name.Look();
            if (next is null)
                return;
            next.Wake();
        }
    }

    private void TimeHasCome()
    {
        bool news;
        IConnector[] told = [];
        lock (_lock)
        {
            _armedFor = Clock.Never;
            bool isSilent = !_disposed && Name.TryGiveUp(_plane.Clock.Now);
            news = isSilent && _outage.TrySayDown();
            if (isSilent)
                told = Die();
        }

        if (news)
            _plane.Logger.NameSilent(Address, _plane.Settings.ConnectTimeout.TotalSeconds);
        Array.ForEach(told, static connector => connector.Wake());
        GrantWaiting();
    }

    /// <summary>Sees to it that somebody comes back for those who wait, and for the name.</summary>
    /// <param name="now">
    /// When it was looked whether they may go on. Were the clock read again here, the backoff could have passed in between: then no
    /// timer would be set, and they would wait for ever.
    /// </param>
    /// <returns>True: the name is to be looked up, without the lock.</returns>
    private bool Arm(long now)
    {
        if (_disposed)
            return false;
        bool asks = Name.TryAsk(now, isWanted: _queue.HasWaiting && !_outage.IsHeldBack(now));
        long due = _queue.HasWaiting && _outage.IsHeldBack(now) ? Math.Min(Name.Due, _outage.NotBefore) : Name.Due;
        if (due >= _armedFor)
            return asks;
        _armedFor = due;
        _timer.Change(TimeSpan.FromTicks(Math.Max(0, due - now)) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        return asks;
    }
}
