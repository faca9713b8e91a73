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

    private MembershipSettings _settings = new();
    private ImmutableArray<BackendAddress> _listed;
    private BackendSet _applied = BackendSet.Empty;
    private bool _succeeded;
    private int _faults;

    /// <summary>Nothing was applied yet, so no client is served.</summary>
    public bool IsWaiting => _applied.Addresses.IsEmpty;

    /// <summary>Takes settings, the first or those of a reload, and says what to apply at once.</summary>
    public SetChange? Configure(MembershipSettings settings)
    {
        _settings = settings;
        _succeeded = false;
        _faults = 0;
        if (!settings.AutoUpdate)
            _listed = default;

        // The set is the union. Without the list's part it is not known, and opening for clients with half of it would
        // send the other half nothing, in silence. A set that is in use already is another matter: it follows at once.
        return settings.AutoUpdate && _listed.IsDefault && IsWaiting ? null : Change();
    }

    /// <summary>Takes what a request gave. A bad verdict changes nothing but the time of the next request.</summary>
    public SetChange? Take(ListVerdict verdict)
    {
        if (!verdict.IsGood)
        {
            _faults++;
            return null;
        }

        _succeeded = true;
        _faults = 0;
        _listed = verdict.Addresses;
        return Change();
    }

    /// <summary>How long until the next request; null: none, until the settings change.</summary>
    public TimeSpan? Delay()
    {
        if (!_settings.AutoUpdate)
            return null;

        bool once = _settings.Refresh <= TimeSpan.Zero;
        if (_faults == 0)
            return _succeeded && once ? null : Shorter(_settings.Refresh, DelayMax);

        TimeSpan longest = once ? FirstRetryDelayMax
            : _listed.IsDefault ? Shorter(_settings.Refresh, FirstRetryDelayMax)
            : Shorter(_settings.Refresh, DelayMax);
        return Shorter(RetryDelayMin * Math.Pow(2, Math.Min(_faults - 1, 30)), longest);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private SetChange? Change()
    {
        IEnumerable<BackendAddress> known = _listed.IsDefault ? _settings.Servers : _settings.Servers.Concat(_listed);
        BackendSet next = BackendSet.Of(known.Concat(_settings.Added).Where(server => !_settings.Removed.Contains(server)));
        // An empty set is no set: it can only come from settings that hold no server and no list yet.
        if (next.Addresses.IsEmpty || next.Equals(_applied))
            return null;

        var change = new SetChange(_applied, next);
        _applied = next;
        return change;
    }
}
