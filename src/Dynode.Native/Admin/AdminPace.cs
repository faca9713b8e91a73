namespace Dynode.Native.Admin;

/// <summary>
/// How often requests are answered that come by one kind of door. Each costs the thread that serves clients some 40 us for its connection, whatever else
/// runs elsewhere: a storm of thousands a second made a client's request nearly three times as dear. What is shown is a second old at most, so nobody
/// needs it more often; who asks beyond that waits, in the order in which they came, and with as many connections as there may be for less than a second.
/// </summary>
internal sealed class AdminPace(TimeProvider time)
{
    /// <summary>At all times.</summary>
    public const int PerSecondMax = 100;

    /// <summary>At once, after a time of quiet.</summary>
    public const int BurstMax = 100;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1) / PerSecondMax;

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _due = -(Between * BurstMax);

    /// <summary>Done when it is the next one's turn.</summary>
    public Task NextAsync()
    {
        TimeSpan wait;
        lock (_lock)
        {
            TimeSpan now = time.GetElapsedTime(_start);
            TimeSpan earliest = now - (Between * BurstMax);
            _due = (_due > earliest ? _due : earliest) + Between;

            // There are no more connections to wait: beyond that, turns are of those who have lost theirs, and nobody waits for who is gone.
            TimeSpan latest = now + (Between * OpenConnections.Most);
            _due = _due < latest ? _due : latest;
            wait = _due - now;
        }

        return wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time);
    }
}
