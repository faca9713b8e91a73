using System.Diagnostics;

namespace Dynode.TestKit;

/// <summary>Waits for a condition itself instead of for a time in which it should have come true.</summary>
public static class Eventually
{
    // Short, because most waits end within a round trip on loopback; growing, so that a long one leaves the machine to the code under test.
    private const int PollMillisecondsMin = 1;
    private const int PollMillisecondsMax = 20;

    /// <summary>Done as soon as <paramref name="condition"/> holds; fails with <paramref name="dump"/> after the deadline.</summary>
    public static async Task True(Func<bool> condition, Func<string>? dump = null, TimeSpan? deadline = null)
    {
        if (!await Poll(condition, deadline))
            throw new ExpectationException($"not true within {deadline ?? Deadline.Default}: {dump?.Invoke() ?? "(no dump)"}");
    }

    /// <summary>Done as soon as <paramref name="actual"/> gives <paramref name="expected"/>; the failure shows the last value seen.</summary>
    public static async Task Equal<T>(T expected, Func<T> actual, Func<string>? dump = null, TimeSpan? deadline = null)
    {
        T last = default!;
        if (!await Poll(() => EqualityComparer<T>.Default.Equals(expected, last = actual()), deadline))
            throw new ExpectationException($"expected {expected}, still {last} after {deadline ?? Deadline.Default}: {dump?.Invoke() ?? "(no dump)"}");
    }

    private static async Task<bool> Poll(Func<bool> condition, TimeSpan? deadline)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan limit = deadline ?? Deadline.Default;
        int pause = PollMillisecondsMin;
        while (!condition())
        {
            // Looked at once more after the deadline: a starved test must not fail for a condition that has become true.
            if (Stopwatch.GetElapsedTime(start) > limit) return condition();
            await Task.Delay(pause).ConfigureAwait(false);
            pause = Math.Min(pause * 2, PollMillisecondsMax);
        }

        return true;
    }
}
