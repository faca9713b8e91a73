namespace Dynode.Broadcast.Backends;

/// <summary>
/// How often one backend has failed in a row, until when nobody is let in for that, and what has been said of it: a line is said when
/// something is new, not for each attempt. Times are ticks of the data plane's clock. Pure; guarded by the backend's lock.
/// </summary>
internal struct Outage
{
    private int _failures;
    private string? _lastError;
    private bool? _saidUp;

    /// <summary>When the backoff has passed.</summary>
    public long NotBefore { get; private set; }

    /// <summary>The backoff has not passed.</summary>
    public readonly bool IsHeldBack(long now) => now < NotBefore;

    /// <summary>How long the backoff lasts yet; null: it has passed.</summary>
    public readonly TimeSpan? RetryIn(long now) => IsHeldBack(now) ? TimeSpan.FromTicks(NotBefore - now) : null;

    /// <summary>One failure more.</summary>
    /// <param name="now">When.</param>
    /// <param name="longest">No wait is longer.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public void Failed(long now, TimeSpan longest, double random)
    {
        _failures++;
        NotBefore = now + Backoff.Delay(_failures, longest, random).Ticks;
    }

    /// <summary>It has shown that it works: the backoff starts anew.</summary>
    public void Proven()
    {
        _failures = 0;
        NotBefore = 0;
    }

    /// <summary>It has an address that has not been tried.</summary>
    public void Relocated() => NotBefore = 0;

    /// <summary>True: that it is up has not been said.</summary>
    public bool TrySayUp() => _saidUp != true && (_saidUp = true) == true;

    /// <summary>True: that it is down, for this reason, has not been said.</summary>
    public bool TrySayDown(string error)
    {
        if (_saidUp == false && error == _lastError)
            return false;
        (_saidUp, _lastError) = (false, error);
        return true;
    }

    /// <summary>True: that it is down has not been said, for whatever reason.</summary>
    public bool TrySayDown() => _saidUp != false && (_saidUp = false) == false;
}
