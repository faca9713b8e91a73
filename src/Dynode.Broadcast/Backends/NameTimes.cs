using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// When one backend's name is to be looked up, and for how long a lookup has had no answer.
/// <code>
///   idle ──somebody wants an address, dns_refresh has passed, SIGHUP──▶ asked ──an answer──▶ idle
///                                                                        └──connect_timeout──▶ overdue, and still asked
/// </code>
/// Times are ticks of the data plane's clock. Pure; guarded by the backend's lock.
/// </summary>
internal struct NameTimes()
{
    private long _askedAt = Clock.Never;
    private long _refreshAt = Clock.Never;

    /// <summary>A lookup is under way, or waits for a thread. Any thread.</summary>
    public bool IsAsked => Volatile.Read(ref _askedAt) != Clock.Never;

    /// <summary>The lookup that is under way has taken too long, and that has been taken note of.</summary>
    public bool IsOverdue { get; private set; }

    /// <summary>What the last lookup said of the name's servers.</summary>
    public LookupPast Past { get; private set; }

    /// <summary>True: it is to be looked up now, and counts as asked from here on.</summary>
    public bool TryAsk(long now)
    {
        if (IsAsked)
            return false;
        _askedAt = now;
        return true;
    }

    /// <summary>It is time to look it up again, though its address is known.</summary>
    public bool IsRefreshDue(long now) => now >= _refreshAt && !IsAsked;

    /// <summary>True, once for a lookup: it has had no answer for so long.</summary>
    public bool TryOverdue(long now, TimeSpan timeout)
    {
        if (!IsAsked || IsOverdue || now < _askedAt + timeout.Ticks)
            return false;
        IsOverdue = true;
        return true;
    }

    /// <summary>The lookup has ended.</summary>
    /// <param name="now">When.</param>
    /// <param name="past">What it said of the name's servers.</param>
    /// <param name="refresh">How long its answer, or the one before, is good for; zero: until the address fails.</param>
    public void Answered(long now, LookupPast past, TimeSpan refresh)
    {
        (_askedAt, IsOverdue, Past) = (Clock.Never, false, past);
        _refreshAt = Clock.After(now, refresh);
    }

    /// <summary>When to look at it again.</summary>
    /// <param name="timeout">As of <see cref="TryOverdue"/>.</param>
    public long Due(TimeSpan timeout) => !IsAsked ? _refreshAt : IsOverdue ? Clock.Never : _askedAt + timeout.Ticks;
}
