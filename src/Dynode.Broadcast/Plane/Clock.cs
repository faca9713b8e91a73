namespace Dynode.Broadcast.Plane;

/// <summary>
/// Monotonic time in ticks of 100 ns since the clock was made: what deadlines are written in. A wall clock that jumps
/// changes nothing here.
/// </summary>
internal sealed class Clock(TimeProvider time)
{
    /// <summary>No deadline.</summary>
    public const long Never = long.MaxValue;

    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time => time;

    /// <summary>Never negative, never going back.</summary>
    public long Now => time.GetElapsedTime(_start).Ticks;

    /// <summary><paramref name="span"/> after <paramref name="from"/>; a span of zero means never.</summary>
    public static long After(long from, TimeSpan span) => span == TimeSpan.Zero ? Never : from + span.Ticks;
}
