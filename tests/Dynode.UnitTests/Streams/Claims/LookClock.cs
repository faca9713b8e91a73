using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>A clock that knows when those who look each second have looked, and wait for the next second.</summary>
internal sealed class LookClock : FakeTimeProvider
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private int _waits;
    private int _others;

    /// <summary>Waits for a second that were begun: one for each look that has ended.</summary>
    public int Looks => Volatile.Read(ref _waits);

    /// <summary>Waits for anything else: one for each look that has begun.</summary>
    public int Begun => Volatile.Read(ref _others);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref dueTime == Second ? ref _waits : ref _others);
        return timer;
    }

    /// <summary>Seconds go by, in each of which all look once.</summary>
    public async Task PassAsync(int seconds, int claims = 1)
    {
        for (int i = 0; i < seconds; i++)
            await PassAsync(Second, claims);
    }

    /// <summary>A time goes by, at whose end all that are due have looked.</summary>
    public async Task PassAsync(TimeSpan time, int claims = 1)
    {
        int before = Looks;
        Advance(time);
        await Eventually.True(() => Looks >= before + claims, () => $"{Looks} looks, {before} before");
    }
}
