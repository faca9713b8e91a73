namespace Dynode.Streams;

/// <summary>When what is in flight goes out again: nothing came by for max(1 s, 4 × round trip), then for twice that, up to 8 s; or one came by without the one before it. In turns only.</summary>
internal struct ResendPace
{
    private const long WaitLeast = TimeSpan.TicksPerSecond;
    private const long WaitMax = 8 * TimeSpan.TicksPerSecond;

    private long _base;
    private long _wait;
    private long _deadline;
    private bool _isTold;

    /// <summary>How long the engine takes.</summary>
    /// <param name="microseconds">For a question and its answer.</param>
    public void RoundTrip(long microseconds) => _base = Math.Max(WaitLeast, 4 * microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Something is in flight that was not, or the first one of it came by.</summary>
    public void Moved(long now)
    {
        _wait = _base;
        _deadline = now + _wait;
        _isTold = false;
    }

    /// <summary>One came by without the one before it. What was behind that says so too, as it comes by: that tells nothing new.</summary>
    /// <returns>All is to go out again.</returns>
    public bool TryHole(long now)
    {
        if (_isTold)
            return false;
        _isTold = true;
        _deadline = now + _wait;
        return true;
    }

    /// <summary>Asked in each turn while something is in flight.</summary>
    /// <param name="now">In ticks.</param>
    /// <param name="isCurrent">All that the stream has was judged: whoever is behind cannot know what has come by, and waits on.</param>
    /// <returns>All is to go out again.</returns>
    public bool IsOverdue(long now, bool isCurrent)
    {
        if (now < _deadline)
            return false;
        if (isCurrent)
            _wait = Math.Max(_base, Math.Min(2 * _wait, WaitMax));
        _deadline = now + _wait;
        return isCurrent;
    }
}
