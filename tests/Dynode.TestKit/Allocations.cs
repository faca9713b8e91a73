namespace Dynode.TestKit;

/// <summary>What work allocates when it is warm.</summary>
public static class Allocations
{
    private const int Rounds = 5;

    /// <summary>Bytes that this thread allocates in a round of <paramref name="times"/> calls; the least of some rounds, for the runtime has affairs of its own on any thread, now and then.</summary>
    /// <param name="work">Called once as often before, to be warm.</param>
    /// <param name="times">Calls in a round.</param>
    public static long Least(Action work, int times = 100)
    {
        long least = long.MaxValue;
        for (int round = 0; round <= Rounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++) work();
            if (round > 0) least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
