namespace Dynode.Streams;

/// <summary>
/// When it is asked where the stream stands: when something looks wrong, when nothing was heard for a second, for that may be lost, and now and then, for somebody may have changed what it keeps. In turns only.
/// </summary>
internal sealed class StreamLooking(IOrderedLog log)
{
    private const long SilenceMax = TimeSpan.TicksPerSecond;

    /// <summary>An answer that takes longer is asked for again.</summary>
    private const long AnswerMax = 5 * TimeSpan.TicksPerSecond;

    /// <summary>So seldom where all is well.</summary>
    private const long LooksEvery = 5 * TimeSpan.TicksPerSecond;

    private bool _must;
    private bool _isAsked;
    private long _since;
    private long _answeredAt;

    /// <summary>The number that had been judged when it was asked last.</summary>
    public ulong Judged { get; private set; }

    /// <summary>Something is heard, or pulled.</summary>
    public void Quiet(long now) => _since = Math.Max(_since, now);

    /// <summary>It is to be asked in this turn.</summary>
    public void Must() => _must = true;

    /// <summary>It has been answered, or there is nobody to ask.</summary>
    public void Answered(long now)
    {
        _must = _isAsked = false;
        _since = _answeredAt = now;
    }

    /// <summary>Asks, if it is to be.</summary>
    public void Step(long now, ulong judged)
    {
        if (_isAsked ? now - _since < AnswerMax : !_must && now - _since < SilenceMax && now - _answeredAt < LooksEvery)
            return;
        _must = false;
        _isAsked = true;
        _since = now;
        Judged = judged;
        log.Look();
    }
}
