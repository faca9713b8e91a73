using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>
/// Sees to it that every thread is there from the start on, or that the start says why not. The runtime makes the threads of its pool
/// when it wants them and lets them go when it does not; where none can be made (<c>ulimit -u</c>, a container's limit of processes,
/// <c>ulimit -v</c>), that ends the process, whenever it happens. So the pool gets its threads at once and keeps them; where they are few
/// it makes no more. Lookups of names have threads of their own, the first of which is kept; how many more there may be is found out here.
/// </summary>
internal static class ThreadReserve
{
    /// <summary>With fewer, whoever waits for the broadcaster's lock on one of them would have timers wait for him.</summary>
    private const int WorkersMin = 2;

    /// <summary>One for each core, and on a small machine as many: nothing that the pool runs waits for long.</summary>
    private const int WorkersEnough = 3;

    /// <summary>The runtime's signals, the one that it makes for a signal to end, its timers and watch over its pool, and the log's writer.</summary>
    private const int Others = 5;

    /// <summary>The main thread, and the runtime's finalizer.</summary>
    private const int Running = 2;

    /// <summary>For <c>dynode health</c>, and for what a container engine starts it with, which count against the same limit.</summary>
    private const int Spare = 8;

    private static bool _isFilled;

    /// <summary>There is none to spare for what the broadcaster can do without.</summary>
    public static bool AreFew { get; private set; }

    /// <summary>Waits for no other thread: one that is not there within this is a machine that stands still.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static int Workers => Math.Max(Environment.ProcessorCount, WorkersEnough);

    /// <summary>The threads that a broadcaster is content with, the main one included.</summary>
    /// <param name="asksForList">One asks the list's URL.</param>
    /// <param name="asksForNames">One looks up names.</param>
    /// <param name="keepsState">One writes state.</param>
    public static int Least(bool asksForList, bool asksForNames, bool keepsState) => Running + Others + WorkersMin + 1 + More(asksForList, asksForNames, keepsState);

    /// <summary>To be called before the first socket, timer and line.</summary>
    /// <param name="asksForList">As of <see cref="Least"/>.</param>
    /// <param name="asksForNames">As of <see cref="Least"/>.</param>
    /// <param name="keepsState">As of <see cref="Least"/>.</param>
    /// <param name="log">Takes the line that says what is missing.</param>
    /// <param name="lookupsMax">How many names may be looked up at once.</param>
    /// <returns>False: fewer can be had than it needs.</returns>
    public static bool TryTake(bool asksForList, bool asksForNames, bool keepsState, ILogger log, out int lookupsMax)
    {
        int wanted = Running + Others + Workers + EventThreads.Count + More(asksForList, asksForNames, keepsState);
        int least = Least(asksForList, asksForNames, keepsState);
        int most = wanted + Spare + NameLookups.ThreadsMax - 1;
        bool areMany = ThreadLimits.AreFar("/");
        int had = areMany ? most : Running + Rehearse(most - Running);
        lookupsMax = Math.Clamp(1 + had - wanted - Spare, 1, NameLookups.ThreadsMax);
        if (had < least)
        {
            HostLog.TooFewThreads(log, least, had);
            return false;
        }

        bool areFew = had < wanted + Spare;
        AreFew = areFew;
        if (areFew)
        {
            EventThreads.RunOne();
            HostLog.FewThreads(log, wanted + Spare, had, least);
        }

        if (!areMany)
            Fill(areFew ? WorkersMin : Workers, isAll: areFew);
        return true;
    }

    /// <summary>To be called when clients are accepted: where no limit was near, the pool has its threads from now on. The start need not wait for them.</summary>
    public static void Keep()
    {
        if (!_isFilled)
            Fill(Workers, isAll: false);
    }

    private static int More(bool asksForList, bool asksForNames, bool keepsState) => (asksForList ? 1 : 0) + (asksForNames ? 1 : 0) + (keepsState ? 1 : 0);

    /// <summary>
    /// The runtime's watch over its pool wanted a thread more, and has ended over it, were it not kept: from now on the pool makes do.
    /// </summary>
    public static void MakeDo()
    {
        ThreadPool.GetMaxThreads(out _, out int completions);
        ThreadPool.SetMaxThreads(Math.Max(ThreadPool.ThreadCount, WorkersMin), completions);
    }

    /// <summary>How many threads can be there at once, up to <paramref name="count"/>.</summary>
    internal static int Rehearse(int count)
    {
        using var over = new ManualResetEvent(false);
        var threads = new List<Thread>(count);
        try
        {
            while (threads.Count < count)
            {
                var thread = new Thread(() => over.WaitOne()) { IsBackground = true };
                thread.Start();
                threads.Add(thread);
            }
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // That was to be found out.
        }

        over.Set();
        foreach (Thread thread in threads)
            thread.Join();
        return threads.Count;
    }

    private static void Fill(int workers, bool isAll)
    {
        _isFilled = true;
        ThreadPool.GetMaxThreads(out _, out int completions);
        ThreadPool.SetMinThreads(workers, 1);
        if (isAll)
            ThreadPool.SetMaxThreads(workers, completions);

        // Each waits for the others, so that each is another.
        var all = new CountdownEvent(workers);
        for (int i = 0; i < workers; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static all =>
                {
                    all.Signal();
                    all.Wait(Patience);
                },
                all,
                preferLocal: false);
        }

        all.Wait(Patience);
    }
}
