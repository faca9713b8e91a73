using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dynode.TestKit;

/// <summary>
/// Takes every descriptor that this process may have, under a limit not far above what is open, and frees as many as the test
/// wants. Only in tests that run alone; the limit is what it was when this ends.
/// </summary>
public sealed partial class ExhaustedDescriptors : IDisposable
{
    /// <summary>RLIMIT_NOFILE of Linux.</summary>
    private const int NoFile = 7;

    /// <summary>Above the highest number in use: the runtime may open one of its own while the rest is taken.</summary>
    private const int Spare = 20;

    /// <summary>The runtime ends the process when it wants a thread and has no descriptor for it: so many it has before.</summary>
    private const int Threads = 32;

    private readonly Stack<SafeFileHandle> _held = new();
    private readonly Limit _before;
    private readonly int _minThreads;
    private readonly int _minCompletionThreads;

    private ExhaustedDescriptors(Limit before)
    {
        _before = before;
        ThreadPool.GetMinThreads(out _minThreads, out _minCompletionThreads);
    }

    /// <summary>When done, no descriptor is left.</summary>
    public static ExhaustedDescriptors Take()
    {
        if (GetLimit(NoFile, out Limit before) != 0) throw new ExpectationException($"getrlimit: errno {Marshal.GetLastPInvokeError()}");
        var exhausted = new ExhaustedDescriptors(before);
        exhausted.StartThreads();
        int highest = Directory.EnumerateFileSystemEntries("/proc/self/fd").Max(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        if (SetLimit(NoFile, before with { Soft = (ulong)(highest + Spare) }) != 0) throw new ExpectationException($"setrlimit: errno {Marshal.GetLastPInvokeError()}");
        try
        {
            while (true) exhausted._held.Push(File.OpenHandle("/dev/null"));
        }
        catch (IOException)
        {
            // That was the last.
        }

        return exhausted;
    }

    public void Free(int count)
    {
        for (int i = 0; i < count; i++) _held.Pop().Dispose();
    }

    public void Dispose()
    {
        Free(_held.Count);
        _ = SetLimit(NoFile, _before);
        ThreadPool.SetMinThreads(_minThreads, _minCompletionThreads);
    }

    private void StartThreads()
    {
        ThreadPool.SetMinThreads(Threads, _minCompletionThreads);

        // Never disposed: those who wait for it wake when this one has gone on.
        var all = new CountdownEvent(Threads);
        for (int i = 0; i < Threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static all =>
                {
                    all.Signal();
                    all.Wait(Deadline.Default);
                },
                all,
                preferLocal: false);
        }

        if (!all.Wait(Deadline.Default)) throw new ExpectationException($"the pool did not start {Threads} threads");
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
