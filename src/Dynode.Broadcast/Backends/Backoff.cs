namespace Dynode.Broadcast.Backends;

/// <summary>
/// How long to wait before the next attempt after so many failures in a row: the first retry at once, then from 0.1 s
/// doubling up to a maximum, each wait jittered down to as little as half so that many broadcasters do not knock together.
/// Pure.
/// </summary>
internal static class Backoff
{
    /// <summary>The wait before the second retry.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.1);

    private const int DoublingsMax = 30;

    /// <param name="failures">Failures in a row, at least 1.</param>
    /// <param name="longest">No wait is longer.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public static TimeSpan Delay(int failures, TimeSpan longest, double random)
    {
        if (failures <= 1)
            return TimeSpan.Zero;
        var grown = First * Math.Pow(2, Math.Min(failures - 2, DoublingsMax));
        return (grown < longest ? grown : longest) * (0.5 + (random / 2));
    }
}
