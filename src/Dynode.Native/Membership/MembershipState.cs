using System.Collections.Immutable;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>
/// What membership knows, and what follows from it: which set to apply and when to ask again. Pure; owned by one thread
/// at a time, see <see cref="MembershipService"/>.
/// </summary>
internal sealed class MembershipState
{
    /// <summary>The first repeat after a fault.</summary>
    public static readonly TimeSpan RetryDelayMin = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait while no list is known: until then no client is served.</summary>
    public static readonly TimeSpan FirstRetryDelayMax = TimeSpan.FromSeconds(10);

    /// <summary>Timers take no longer ones; nobody waits long enough to see it.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromDays(24);

    private readonly ShrinkGuard _guard = new();
    private readonly Dictionary<BackendAddress, BackendAddress[]> _named = [];
    private MembershipSettings _settings = new();
    private ImmutableArray<BackendAddress> _listed;
    private BackendSet _applied = BackendSet.Empty;
    private bool _succeeded;
    private bool _accepts;
    private int _faults;

    /// <summary>Nothing was applied yet, so no client is served.</summary>
    public bool IsWaiting => _applied.Addresses.IsEmpty;

    /// <summary>The list in force is an earlier run's: the URL has not given one yet.</summary>
    public bool IsKept { get; private set; }

    /// <summary>The servers that names have led to.</summary>
    public HashSet<BackendAddress> Named
    {
        get
        {
            HashSet<BackendAddress> all = [];
            foreach (BackendAddress[] servers in _named.Values)
                all.UnionWith(servers);
            return all;
        }
    }

    /// <summary>All servers are removed by orders, and no set is left.</summary>
    public bool IsAllRemoved { get; private set; }

    // The union is known.
    private bool IsWhole => (!_settings.AutoUpdate || !_listed.IsDefault) && _settings.Names.Length == _named.Count;

    /// <summary>Takes settings, the first or those of a reload, and says what to apply at once.</summary>
    /// <param name="settings">From now on.</param>
    /// <param name="accepts">The operator has looked: the next list is taken whatever it takes away.</param>
    public SetChange? Configure(MembershipSettings settings, bool accepts = false)
    {
        _settings = settings;
        _succeeded = false;
        _faults = 0;
        _accepts |= accepts;
        if (accepts)
            _guard.Break();
        if (!settings.AutoUpdate)
            (_listed, IsKept) = (default, false);
        foreach (BackendAddress name in (BackendAddress[])[.. _named.Keys])
        {
            if (!settings.Names.Contains(name))
                _named.Remove(name);
        }

        // The set is the union. Without the list's part it is not known, and opening for clients with half of it would
        // send the other half nothing, in silence. A set that is in use already is another matter: it follows at once.
        return !IsWhole && IsWaiting ? null : Change();
    }

    /// <summary>A good list that takes too many servers away is none, for now.</summary>
    public ListVerdict Judge(ListVerdict verdict)
    {
        if (!verdict.IsGood)
        {
            _guard.Break();
            return verdict;
        }

        if (!_settings.TakesPaths && verdict.Addresses.FirstOrDefault(static server => server.Path is not null) is { } path)
        {
            _guard.Break();
            return ListVerdict.Bad(UnixServers.WithLog(path));
        }

        ImmutableArray<BackendAddress> inForce = !_listed.IsDefault ? _listed : _settings.Kept?.Addresses ?? [];
        string? fault = _accepts ? null : _guard.Judge(inForce, verdict.Addresses, _settings.ShrinkMax);
        return fault is null ? verdict : ListVerdict.Bad(fault);
    }

    /// <summary>
    /// Takes what a request gave. A bad verdict changes nothing but the time of the next request; but where there is no list yet, the one
    /// that an earlier run has kept is used.
    /// </summary>
    public SetChange? Take(ListVerdict verdict)
    {
        if (verdict.IsGood)
        {
            (_succeeded, _faults, _accepts, IsKept, _listed) = (true, 0, false, false, verdict.Addresses);
        }
        else
        {
            _faults++;
            if (!_listed.IsDefault || _settings.Kept is not { } kept)
                return null;
            (_listed, IsKept) = (kept.Addresses, true);
        }

        return !IsWhole && IsWaiting ? null : Change();
    }

    /// <summary>Takes the servers that a name has led to.</summary>
    public SetChange? Take(BackendAddress name, ImmutableArray<BackendAddress> servers)
    {
        _named[name] = [.. servers];
        return !IsWhole && IsWaiting ? null : Change();
    }

    /// <summary>How long until the next request; null: none, until the settings change.</summary>
    public TimeSpan? Delay()
    {
        if (!_settings.AutoUpdate)
            return null;
        if (_guard.IsRefusing)
            return ShrinkGuard.Interval;

        bool once = _settings.Refresh <= TimeSpan.Zero;
        if (_faults == 0)
            return _succeeded && once ? null : Shorter(_settings.Refresh, DelayMax);

        TimeSpan longest = once ? FirstRetryDelayMax
            : _listed.IsDefault || IsKept ? Shorter(_settings.Refresh, FirstRetryDelayMax)
            : Shorter(_settings.Refresh, DelayMax);
        return RetryDelay(_faults, longest);
    }

    /// <summary>The wait behind so many faults in a row.</summary>
    public static TimeSpan RetryDelay(int faults, TimeSpan longest) => Shorter(RetryDelayMin * Math.Pow(2, Math.Min(faults - 1, 30)), longest);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private SetChange? Change()
    {
        var known = new List<BackendAddress>();
        foreach (BackendAddress server in _settings.Servers)
        {
            if (!_settings.Names.Contains(server))
                known.Add(server);
            else if (_named.TryGetValue(server, out BackendAddress[]? named))
                known.AddRange(named.Select(one => one with { ByTls = server.ByTls, CertifiedHost = server.Host }));
        }

        if (!_listed.IsDefault)
            known.AddRange(_listed);
        known.AddRange(_settings.Added);
        int all = known.Count;
        known.RemoveAll(_settings.Removed.Contains);
        BackendSet next = BackendSet.Of(known.Select(server => server with { ByTls = server.ByTls ?? _settings.ByTls }));
        IsAllRemoved = known.Count == 0 && all > 0;
        // An empty set is no set: it can only come from settings that hold no server and no list yet.
        if (next.Addresses.IsEmpty || next.Equals(_applied))
            return null;

        var change = new SetChange(_applied, next);
        _applied = next;
        return change;
    }
}
