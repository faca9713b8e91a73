using Microsoft.Extensions.Time.Testing;

namespace Dynode.Scenarios;

/// <summary>A clock that the test moves, and whose timers fire some milliseconds early: as the system's do, which count in a coarser clock.</summary>
internal sealed class EarlyTimers : TimeProvider
{
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(5);
    private readonly FakeTimeProvider _time = new();

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override long GetTimestamp() => _time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public void Advance(TimeSpan span) => _time.Advance(span);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new EarlyTimer(_time.CreateTimer(callback, state, Earlier(dueTime), period));

    private static TimeSpan Earlier(TimeSpan dueTime) => dueTime <= TimeSpan.Zero ? dueTime : dueTime - (dueTime > 2 * Early ? Early : dueTime / 2);

    private sealed class EarlyTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Earlier(dueTime), period);

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
