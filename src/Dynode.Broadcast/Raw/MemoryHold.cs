using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// A time in which clients wait for memory that servers hold which are behind: their hold budgets run as they do for a full log. One
/// object for each such time, so that nobody takes a later one for the one before. Any thread.
/// </summary>
internal sealed class MemoryHold
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Backend, long> _ejected = [];
    private long _until = Clock.Never;

    /// <summary>When it ended.</summary>
    public long Until => Volatile.Read(ref _until);

    public void End(long now) => Volatile.Write(ref _until, now);

    /// <summary>A session has waited for this server for as long as it may hold anybody.</summary>
    public void Ejected(Backend backend, long now)
    {
        lock (_lock)
            _ejected[backend] = now;
    }

    /// <summary>
    /// That was a moment ago: memory has been waited for long enough for this server's sake, or each session would hold all others once
    /// more, as many times as there are sessions.
    /// </summary>
    public bool HasEjected(Backend backend, long now, TimeSpan moment)
    {
        lock (_lock)
            return _ejected.TryGetValue(backend, out long at) && now - at < moment.Ticks;
    }
}
