using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>
/// Keeps the data plane's servers what configuration and list URL say. Without auto-update it applies the configured
/// set on its caller's thread and that is all; with it, a thread of its own asks, waits and applies, by synchronous calls,
/// and every <c>apply</c> is its. The gate guards what others hand in: settings, stop, the interrupt; all else belongs to
/// the thread, or before there is one to whoever holds the gate.
/// </summary>
internal sealed class MembershipService : IDisposable
{
    /// <summary>How long a stop waits for the thread; a request that hangs is cancelled, so it is far more than is needed.</summary>
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Func<IListSource> _makeSource;
    private readonly MembershipState _state = new();
    private readonly FaultPace _pace = new();
    private readonly Lock _gate = new();
    private MembershipSettings _settings;
    private MembershipSettings? _pending;
    private CancellationTokenSource _interrupt = new();
    private Action<BackendSet>? _apply;
    private Predicate<BackendAddress> _isOurselves = static _ => false;
    private Thread? _thread;
    private bool _stopping;
    private long _faults;
    private long _goodAt = long.MinValue;
    private volatile string? _lastFault;
    private volatile BackendSet _inForce = BackendSet.Empty;

    public MembershipService(MembershipSettings settings, ILogger logger, TimeProvider time, NameLookups lookups)
        : this(settings, logger, time, () => new ListClient(time, TlsLibrary.IsAvailable, lookups))
    {
    }

    /// <summary>For tests: with another source than the URL.</summary>
    internal MembershipService(MembershipSettings settings, ILogger logger, TimeProvider time, Func<IListSource> makeSource)
    {
        _settings = settings;
        _logger = logger;
        _time = time;
        _makeSource = makeSource;
    }

    /// <summary>
    /// Applies the first set as soon as it is known: before this returns, or with auto-update after the first good answer.
    /// </summary>
    /// <param name="apply">Takes each set, one after the other.</param>
    /// <param name="isOurselves">Whether bytes for that server would come back here: a list that names it is none.</param>
    public void Start(Action<BackendSet> apply, Predicate<BackendAddress>? isOurselves = null)
    {
        lock (_gate)
            (_apply, _isOurselves) = (apply, isOurselves ?? _isOurselves);
        Update(_settings);
    }

    /// <summary>Answers that were no list, so far.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>What was wrong with the last one; null: it was good, or there was none.</summary>
    public string? LastFault => _lastFault;

    /// <summary>How long ago the last good one came; null: none has.</summary>
    public TimeSpan? Age => Interlocked.Read(ref _goodAt) is not long.MinValue and var at ? _time.GetElapsedTime(at) : null;

    /// <summary>A reload: the settings are in force at once, and a running request of the old ones ends.</summary>
    public void Update(MembershipSettings settings)
    {
        CancellationTokenSource outdated;
        lock (_gate)
        {
            settings = settings with { Added = _settings.Added, Removed = _settings.Removed };
            _settings = settings;
            if (_stopping || _apply is null)
                return;
            if (_thread is null && !settings.AutoUpdate)
            {
                Apply(_state.Configure(settings));
                return;
            }

            _pending = settings;
            // Together with the settings, so that a turn which takes them is not itself interrupted.
            outdated = _interrupt;
            _interrupt = new CancellationTokenSource();
            if (_thread is null)
            {
                _thread = Started();
            }
        }

        // Outside the gate: cancelling closes sockets.
        outdated.Cancel();
    }

    /// <summary>An operator adds a server, on top of those of configuration and URL, until the next start.</summary>
    /// <param name="server">Which.</param>
    /// <param name="serversMax">No more can be served.</param>
    /// <returns>False: it is there. Null: there are so many.</returns>
    public bool? TryAdd(BackendAddress server, int serversMax)
    {
        lock (_gate)
        {
            if (_inForce.Addresses.Contains(server))
                return false;
            if (_inForce.Addresses.Length >= serversMax)
                return null;
            _settings = _settings with { Added = _settings.Added.Remove(server).Add(server), Removed = _settings.Removed.Remove(server) };
        }

        Update(_settings);
        return true;
    }

    /// <summary>An operator has added it.</summary>
    public bool IsAdded(BackendAddress server)
    {
        lock (_gate)
            return _settings.Added.Contains(server);
    }

    /// <summary>An operator removes a server, whatever configuration and URL say, until the next start.</summary>
    /// <returns>False: it is the only one. Null: there is no such server.</returns>
    public bool? TryRemove(BackendAddress server)
    {
        lock (_gate)
        {
            if (!_inForce.Addresses.Contains(server))
                return null;
            if (_inForce.Addresses.Length == 1)
                return false;
            _settings = _settings with { Added = _settings.Added.Remove(server), Removed = _settings.Removed.Add(server) };
        }

        Update(_settings);
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
        IListSource? source = null;
        while (TryTakeTurn(out MembershipSettings settings, out bool isNew, out CancellationToken interrupted))
        {
            TimeSpan? delay;
            try
            {
                if (isNew)
                    Apply(_state.Configure(settings));
                if (settings.AutoUpdate)
                    Ask(source ??= _makeSource(), settings, interrupted);
                else
                    Forget(ref source);
                delay = _state.Delay();
            }
            catch (Exception e)
            {
                // A set that is in use goes on being used; the next turn may do better.
                MembershipLog.Failed(_logger, e);
                delay = MembershipState.FirstRetryDelayMax;
            }

            Wait(delay, interrupted);
        }

        Forget(ref source);
    }

    private bool TryTakeTurn(out MembershipSettings settings, out bool isNew, out CancellationToken interrupted)
    {
        lock (_gate)
        {
            settings = _settings;
            isNew = _pending is not null;
            _pending = null;
            interrupted = _interrupt.Token;
            return !_stopping;
        }
    }

    private void Ask(IListSource source, MembershipSettings settings, CancellationToken interrupted)
    {
        string place = "the URL";
        ListVerdict verdict;
        if (ListRequest.TryMake(settings, out ListRequest? request, out string? fault))
        {
            place = request.Place;
            MembershipLog.Asking(_logger, place, request.Method.Method);
            verdict = Judge(source.Fetch(request, settings.Timeout, interrupted));
        }
        else
        {
            verdict = ListVerdict.Bad(fault);
        }

        // The settings have changed meanwhile, or the end has come: nobody wants this verdict.
        if (interrupted.IsCancellationRequested)
            return;

        Apply(_state.Take(verdict));
        if (verdict.IsGood)
            Interlocked.Exchange(ref _goodAt, _time.GetTimestamp());
        else
            Interlocked.Increment(ref _faults);
        _lastFault = verdict.Fault;
        Report(place, verdict);
    }

    private ListVerdict Judge(ListVerdict verdict) =>
        verdict.IsGood && !verdict.Addresses.IsDefaultOrEmpty && verdict.Addresses.FirstOrDefault(address => _isOurselves(address)) is { } ourselves
            ? ListVerdict.Bad($"it names this broadcaster itself: {ourselves}")
            : verdict;

    private void Report(string place, ListVerdict verdict)
    {
        if (verdict.IsGood)
        {
            if (_pace.Recover() is > 0 and int faults)
                MembershipLog.ListRecovered(_logger, place, faults);
        }
        else if (_pace.IsDue(verdict.Fault, _time.GetElapsedTime(0)))
        {
            if (_state.IsWaiting)
                MembershipLog.FirstListRefused(_logger, place, verdict.Fault, _pace.Faults);
            else
                MembershipLog.ListRefused(_logger, place, verdict.Fault, _pace.Faults);
        }
    }

    private void Apply(SetChange? change)
    {
        if (change is null)
            return;
        if (change.IsFirst)
            MembershipLog.FirstSet(_logger, change.Now);
        else if (change.IsReorder)
            MembershipLog.OrderChanged(_logger, change.Now);
        else
            MembershipLog.SetChanged(_logger, change.Added, change.Removed);
        _inForce = change.After;
        _apply!(change.After);
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
        over.Wait(CancellationToken.None);
    }

    private static void Forget(ref IListSource? source)
    {
        source?.Dispose();
        source = null;
    }
}
