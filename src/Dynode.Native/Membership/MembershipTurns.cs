using System.Collections.Immutable;
using System.Globalization;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>
/// What membership does, turn by turn: settings are taken, names heard, the list asked for, the set applied. Turns are the membership thread's,
/// or before there is one of whoever holds the gate of <see cref="MembershipService"/>; what is shown of it may be read by any thread.
/// </summary>
internal sealed class MembershipTurns(Func<IListSource> makeSource, NameLookups lookups, ILogger logger, TimeProvider time, Action wake)
{
    private readonly MembershipState _state = new();
    private readonly ListAsker _asker = new(makeSource, logger, time);
    private readonly NamedServers _names = new(lookups, time, logger, wake);
    private MembershipSettings _settings = new();
    private Action<BackendSet> _apply = static _ => { };
    private Action<ImmutableArray<BackendAddress>> _listed = static _ => { };
    private Predicate<BackendAddress> _isOurselves = static _ => false;
    private bool _saidAllRemoved;
    private TimeSpan? _wait;
    private long _asked;
    private volatile BackendSet _inForce = BackendSet.Empty;
    private volatile KeptServers? _kept;
    private volatile HashSet<BackendAddress> _named = [];

    /// <summary>Answers of the URL that were no list, so far.</summary>
    public long Faults => _asker.Faults;

    /// <summary>What was wrong with its last one, or is with a name; null: nothing.</summary>
    public string? LastFault => _asker.LastFault ?? _names.LastFault;

    /// <summary>How long ago the list in force came from the URL, in an earlier run perhaps; null: none has come.</summary>
    public TimeSpan? Age => _kept?.Age(time.GetUtcNow()) ?? _asker.Age;

    /// <summary>The list in force is an earlier run's.</summary>
    public bool IsKept => _kept is not null;

    /// <summary>What was applied last.</summary>
    public BackendSet InForce => _inForce;

    /// <summary>An answer for a name waits for a turn.</summary>
    public bool HasAnswers => _names.HasAnswers;

    /// <summary>A name has led to that server.</summary>
    public bool IsNamed(BackendAddress server) => _named.Contains(server);

    /// <summary>Whom to tell; before the first turn.</summary>
    public void Tell(Action<BackendSet> apply, Predicate<BackendAddress> isOurselves, Action<ImmutableArray<BackendAddress>> listed) =>
        (_apply, _isOurselves, _listed) = (apply, isOurselves, listed);

    /// <summary>Takes settings, and applies what follows from them at once.</summary>
    /// <param name="settings">From now on.</param>
    /// <param name="accepts">The next list is taken whatever it takes away.</param>
    public void Configure(MembershipSettings settings, bool accepts)
    {
        _settings = settings with { Kept = Usable(settings) };
        _names.Configure(settings.Names);
        _wait = TimeSpan.Zero;
        Apply(_state.Configure(_settings, accepts));
    }

    /// <summary>Does what is to be done now.</summary>
    /// <param name="changed">Settings to take first; null: they are as they were.</param>
    /// <param name="accepts">As of <see cref="Configure"/>.</param>
    /// <param name="interrupted">Nobody wants to know any more.</param>
    /// <returns>How long until there is something again; null: not before somebody says so.</returns>
    public TimeSpan? Take(MembershipSettings? changed, bool accepts, CancellationToken interrupted)
    {
        try
        {
            if (changed is not null)
                Configure(changed, accepts);
            TakeNames();
            if (!_settings.AutoUpdate)
            {
                _asker.Forget();
                _wait = null;
            }
            else if (_wait - time.GetElapsedTime(_asked) <= TimeSpan.Zero || _wait == TimeSpan.Zero)
            {
                Ask(interrupted);
                _asked = time.GetTimestamp();
                _wait = _state.Delay();
            }

            _names.Ask();
        }
        catch (Exception e)
        {
            Failed(e);
        }

        TimeSpan? left = _wait - time.GetElapsedTime(_asked);
        if (_names.Delay() is { } due && (left is null || due < left))
            left = due;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Nothing is asked any more.</summary>
    public void Forget() => _asker.Forget();

    // A set that is in use goes on being used; a later turn may do better.
    private void Failed(Exception e)
    {
        MembershipLog.Failed(logger, e);
        _asked = time.GetTimestamp();
        _wait = MembershipState.FirstRetryDelayMax;
    }

    private void TakeNames()
    {
        while (_names.TryTake(_settings.NameRefresh, _isOurselves, out BackendAddress name, out ListVerdict verdict))
        {
            if (!verdict.IsGood)
                continue;
            SetChange? change = _state.Take(name, verdict.Addresses);
            _named = _state.Named;
            Apply(change);
        }
    }

    private KeptServers? Usable(MembershipSettings settings)
    {
        if (settings is not { AutoUpdate: true, Kept: { } kept } || settings.KeepMax == TimeSpan.Zero)
            return null;
        TimeSpan age = kept.Age(time.GetUtcNow());
        if (age <= settings.KeepMax)
            return kept;
        MembershipLog.KeptTooOld(logger, Seconds(age), Seconds(settings.KeepMax));
        return null;
    }

    private void Ask(CancellationToken interrupted)
    {
        ListVerdict verdict = ListAsker.Judge(_asker.Ask(_settings, interrupted), _isOurselves);

        // The settings have changed meanwhile, or the end has come: nobody wants this verdict.
        if (interrupted.IsCancellationRequested)
            return;

        verdict = _state.Judge(verdict);
        bool wasKept = _state.IsKept;
        SetChange? change = _state.Take(verdict);
        _kept = _state.IsKept ? _kept ?? _settings.Kept : null;
        _asker.Count(verdict);
        if (_state.IsKept && !wasKept && _settings.Kept is { } kept)
        {
            _asker.Report(verdict, isWaiting: false);
            MembershipLog.KeptUsed(logger, Seconds(kept.Age(time.GetUtcNow())), _asker.Place, SetChange.Names(kept.Addresses));
        }

        Apply(change);
        _asker.Report(verdict, _state.IsWaiting);
        if (verdict.IsGood)
            _listed(verdict.Addresses);
    }

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private void Apply(SetChange? change)
    {
        if (change is null)
        {
            if (_state.IsAllRemoved && !_saidAllRemoved)
                MembershipLog.AllRemoved(logger);
            _saidAllRemoved = _state.IsAllRemoved;
            return;
        }

        if (change.IsFirst)
            MembershipLog.FirstSet(logger, change.Now);
        else if (change.Otherwise is { Length: > 0 } otherwise)
            MembershipLog.SpokenToOtherwise(logger, otherwise);
        else if (change.IsReorder)
            MembershipLog.OrderChanged(logger, change.Now);
        else
            MembershipLog.SetChanged(logger, change.Added, change.Removed);
        _inForce = change.After;
        _apply(change.After);
    }
}
