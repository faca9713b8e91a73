using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Native.Certificates;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>
/// Keeps the data plane's servers what configuration, list URL and names say. Where there is nothing to ask it applies the configured
/// set on its caller's thread and that is all; else a thread of its own asks, waits and applies, by synchronous calls,
/// and every <c>apply</c> is its. While the list URL is asked, the answers of names wait for it, at most for its timeout. The gate guards what others
/// hand in: settings, stop, the interrupt; all else belongs to the thread, or before there is one to whoever holds the gate.
/// </summary>
internal sealed class MembershipService : IDisposable
{
    /// <summary>How long a stop waits for the thread; a request that hangs is cancelled, so it is far more than is needed.</summary>
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly MembershipTurns _turns;
    private readonly Lock _gate = new();
    private MembershipSettings _settings;
    private MembershipSettings? _pending;
    private bool _accepts;
    private CancellationTokenSource _interrupt = new();
    private Thread? _thread;
    private bool _started;
    private bool _stopping;
    private ManualResetEventSlim? _waiting;

    /// <param name="settings">To begin with.</param>
    /// <param name="logger">Takes what becomes of them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lookups">Of names.</param>
    /// <param name="shown">What the list URL is shown by https, and whom of it is believed, at each moment.</param>
    public MembershipService(MembershipSettings settings, ILogger logger, TimeProvider time, NameLookups lookups, Func<ShownToServers> shown)
        : this(settings, logger, time, () => new ListClient(time, TlsLibrary.IsAvailable, lookups, shown), lookups)
    {
    }

    /// <summary>For tests: with another source than the URL.</summary>
    internal MembershipService(MembershipSettings settings, ILogger logger, TimeProvider time, Func<IListSource> makeSource, NameLookups lookups)
    {
        _settings = settings;
        _logger = logger;
        _time = time;
        _turns = new(makeSource, lookups, logger, time, () => Volatile.Read(ref _waiting)?.Set());
    }

    /// <summary>
    /// Applies the first set as soon as it is known: before this returns, or where something is asked after the first good answer.
    /// </summary>
    /// <param name="apply">Takes each set, one after the other.</param>
    /// <param name="isOurselves">Whether bytes for that server would come back here: a list that names it is none.</param>
    /// <param name="listed">Told of each list that the URL gives.</param>
    public void Start(Action<BackendSet> apply, Predicate<BackendAddress>? isOurselves = null, Action<ImmutableArray<BackendAddress>>? listed = null)
    {
        lock (_gate)
        {
            _turns.Tell(apply, isOurselves ?? (static _ => false), listed ?? (static _ => { }));
            _started = true;
        }

        Take(null, accepts: false);
    }

    /// <summary>What the figures of membership are read from.</summary>
    public MembershipTurns Now => _turns;

    /// <summary>The servers that operators have added and removed.</summary>
    public (ImmutableArray<BackendAddress> Added, ImmutableArray<BackendAddress> Removed) Orders
    {
        get
        {
            lock (_gate)
                return (_settings.Added, _settings.Removed);
        }
    }

    /// <summary>
    /// A reload: the settings are in force at once, and a running request of the old ones ends. The operator has looked: the next list is
    /// taken whatever it takes away.
    /// </summary>
    public void Update(MembershipSettings settings) => Take(settings, accepts: true);

    private void Take(MembershipSettings? reload, bool accepts)
    {
        CancellationTokenSource outdated;
        lock (_gate)
        {
            if (reload is not null)
            {
                bool isSameList = reload.Url == _settings.Url && reload.Parameters == _settings.Parameters;
                _settings = reload with { Added = _settings.Added, Removed = _settings.Removed, Kept = isSameList ? _settings.Kept : null };
            }

            if (_stopping || !_started)
                return;
            if (_thread is null && !_settings.AutoUpdate && _settings.Names.IsEmpty)
            {
                _turns.Configure(_settings, accepts);
                return;
            }

            _pending = _settings;
            _accepts |= accepts;
            // Together with the settings, so that a turn which takes them is not itself interrupted.
            outdated = _interrupt;
            _interrupt = new CancellationTokenSource();
            _thread ??= Started();
        }

        // Outside the gate: cancelling closes sockets.
        outdated.Cancel();
    }

    /// <summary>An operator adds a server, on top of those of configuration and URL.</summary>
    /// <param name="server">Which.</param>
    /// <param name="serversMax">No more can be served.</param>
    /// <returns>False: it is there. Null: there are so many.</returns>
    public bool? TryAdd(BackendAddress server, int serversMax)
    {
        lock (_gate)
        {
            if (_turns.InForce.Addresses.Contains(server))
                return false;
            if (_turns.InForce.Addresses.Length >= serversMax)
                return null;
            _settings = _settings with { Added = _settings.Added.Remove(server).Add(server), Removed = _settings.Removed.Remove(server) };
        }

        Take(null, accepts: false);
        return true;
    }

    /// <summary>An operator has added it.</summary>
    public bool IsAdded(BackendAddress server)
    {
        lock (_gate)
            return _settings.Added.Contains(server);
    }

    /// <summary>An operator removes a server, whatever configuration and URL say.</summary>
    /// <returns>False: it is the only one. Null: there is no such server.</returns>
    public bool? TryRemove(BackendAddress server)
    {
        lock (_gate)
        {
            if (!_turns.InForce.Addresses.Contains(server))
                return null;
            if (_turns.InForce.Addresses.Length == 1)
                return false;
            _settings = _settings with { Added = _settings.Added.Remove(server), Removed = _settings.Removed.Add(server) };
        }

        Take(null, accepts: false);
        return true;
    }

    /// <summary>Ends the thread, also in the middle of a request.</summary>
    public void Dispose()
    {
        CancellationTokenSource outdated;
        Thread? thread;
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
            outdated = _interrupt;
            thread = _thread;
        }

        outdated.Cancel();
        thread?.Join(JoinTimeout);
    }

    private Thread? Started()
    {
        try
        {
            var thread = new Thread(Run) { Name = "membership", IsBackground = true };
            thread.Start();
            return thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // What is in force stays so; the next reload tries again.
            MembershipLog.NoThread(_logger);
            return null;
        }
    }

    private void Run()
    {
        while (TryTakeTurn(out MembershipSettings? changed, out bool accepts, out CancellationToken interrupted))
            Wait(_turns.Take(changed, accepts, interrupted), interrupted);
        _turns.Forget();
    }

    private bool TryTakeTurn(out MembershipSettings? changed, out bool accepts, out CancellationToken interrupted)
    {
        lock (_gate)
        {
            (changed, accepts, interrupted) = (_pending, _accepts, _interrupt.Token);
            (_pending, _accepts) = (null, false);
            return !_stopping;
        }
    }

    // An event for each wait: a late tick of the timer before cannot end this one.
    private void Wait(TimeSpan? delay, CancellationToken interrupted)
    {
        var over = new ManualResetEventSlim();
        using CancellationTokenRegistration interrupt =
            interrupted.UnsafeRegister(static over => ((ManualResetEventSlim)over!).Set(), over);
        using ITimer? timer = delay is { } due
            ? _time.CreateTimer(static over => ((ManualResetEventSlim)over!).Set(), over, due, Timeout.InfiniteTimeSpan)
            : null;
        Interlocked.Exchange(ref _waiting, over);
        if (!_turns.HasAnswers)
            over.Wait(CancellationToken.None);
    }
}
