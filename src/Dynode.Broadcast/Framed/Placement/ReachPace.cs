namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Whether a server that this broadcaster has can be reached from here, as others are told: one that cannot for a whole lease is somebody else's to try, for a while that is longer each time.
/// <code>
///   reached ──not connected for a lease, and it is ours──▶ away ──another has it, and the pause is over──▶ reached, as far as is known
///      ▲                                                    │
///      └────────── connected, or ours anew ─────────────────┘          pause: 1, 2, 4 … 64 minutes; 1 again behind a minute of being connected
/// </code>
/// So of two that cannot reach it both have it in turn, at a pace that falls; and it never goes to and fro between one that can and one that cannot more often than that. Pure. Times are ticks.
/// </summary>
internal struct ReachPace
{
    /// <summary>The first pause, and how long a connection must last to prove that one may be tried as before.</summary>
    public const long Pause = 60 * TimeSpan.TicksPerSecond;

    private const int DoublingsMax = 6;

    private long? _wantsSince;
    private long? _reachedSince;
    private long _awayUntil;
    private int _failures;

    /// <summary>It cannot be reached from here, as far as is known.</summary>
    public bool IsAway { get; private set; }

    /// <summary>How it stands now; asked each second or so.</summary>
    /// <param name="now">By a clock that does not jump.</param>
    /// <param name="isOurs">This broadcaster has it.</param>
    /// <param name="isReached">It is connected, or nobody knows yet that it cannot be.</param>
    /// <param name="patience">So long it is tried each time.</param>
    public void Look(long now, bool isOurs, bool isReached, long patience)
    {
        if (!isOurs)
        {
            (_wantsSince, _reachedSince) = (null, null);
            IsAway &= now < _awayUntil;
            return;
        }

        if (isReached || _wantsSince is null)
        {
            (_wantsSince, IsAway) = (now, false);
            _reachedSince = isReached ? _reachedSince ?? now : null;
            if (_reachedSince is { } since && now - since >= Pause)
                _failures = 0;
            return;
        }

        _reachedSince = null;
        if (IsAway || now - _wantsSince.Value < patience)
            return;
        IsAway = true;
        _awayUntil = now + (Pause << Math.Min(_failures, DoublingsMax));
        _failures++;
    }
}
