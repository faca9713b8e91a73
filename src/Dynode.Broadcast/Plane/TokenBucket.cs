namespace Dynode.Broadcast.Plane;

/// <summary>
/// So many a second, and after a second of silence as many at once: an empty one is full of what may be taken. Times are ticks of the data
/// plane's clock. The rate is at least 1 and may be another at each call: then it is as if all of a second had been taken at the most, or who had
/// been let take much would wait for as long. What was taken without asking is owed, and waited for. Exact: nothing is rounded but waits, and these
/// upwards. Pure but for its fields; its owner serialises all calls.
/// </summary>
internal struct TokenBucket
{
    /// <summary>One of them, in the unit of <see cref="_taken"/>: what comes back in a tick is then the rate.</summary>
    private const long One = TimeSpan.TicksPerSecond;

    private long _taken;
    private long _asOf;
    private int _rate;

    /// <summary>One may be taken.</summary>
    public readonly bool HasOne(long now, int rate) => Taken(now, rate) <= (rate - 1) * One;

    /// <summary>Takes one, also where there is none.</summary>
    public void Take(long now, int rate)
    {
        _taken = Taken(now, rate) + One;
        (_asOf, _rate) = (now, rate);
    }

    /// <summary>In how many ticks one may be taken; 0: now.</summary>
    public readonly long Wait(long now, int rate)
    {
        long over = Taken(now, rate) - ((rate - 1) * One);
        return over <= 0 ? 0 : (over + rate - 1) / rate;
    }

    /// <summary>What has been taken and has not come back.</summary>
    private readonly long Taken(long now, int rate)
    {
        long taken = rate == _rate ? _taken : Math.Min(_taken, rate * One);

        // By how long it takes, for what has come back in a year is more than a number holds.
        long passed = now - _asOf;
        return passed > taken / rate ? 0 : taken - (passed * rate);
    }
}
