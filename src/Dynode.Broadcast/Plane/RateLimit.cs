namespace Dynode.Broadcast.Plane;

/// <summary>Lets one pass in each interval, for a line that counters complete: who is not let through is in the next one's totals. Any thread.</summary>
internal sealed class RateLimit(Clock clock, TimeSpan interval)
{
    private long _next;

    public bool TryPass()
    {
        long now = clock.Now;
        long next = Volatile.Read(ref _next);
        return now >= next && Interlocked.CompareExchange(ref _next, now + interval.Ticks, next) == next;
    }
}
