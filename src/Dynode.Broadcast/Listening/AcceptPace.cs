using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// <c>accept_rate</c>: how fast clients may come, over all addresses that are listened on. Who may not yet is not accepted, and waits in the kernel. An accept
/// that waits for its client takes its turn when that comes: so there may be one more at once for each further address. Any thread.
/// </summary>
internal sealed class AcceptPace(DataPlane plane)
{
    private readonly Lock _lock = new();
    private readonly RateLimit _line = new(plane.Clock, TimeSpan.FromSeconds(5));
    private TokenBucket _bucket;
    private long _waits;

    /// <summary>Times that somebody was told to wait.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    /// <summary>Whether a client may be accepted now.</summary>
    /// <param name="wait">Else: how long none may, in whole milliseconds, as timers have them.</param>
    public bool MayAccept(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        int rate = plane.Settings.AcceptRate;
        if (rate == 0)
            return true;
        long ticks;
        lock (_lock)
            ticks = _bucket.Wait(plane.Clock.Now, rate);
        if (ticks == 0)
            return true;
        wait = TimeSpan.FromMilliseconds((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
        long waits = Interlocked.Increment(ref _waits);
        if (_line.TryPass())
            plane.Logger.AcceptWaits(rate, waits);
        return false;
    }

    /// <summary>A client was accepted.</summary>
    public void Accepted()
    {
        int rate = plane.Settings.AcceptRate;
        if (rate == 0)
            return;
        lock (_lock)
            _bucket.Take(plane.Clock.Now, rate);
    }
}
