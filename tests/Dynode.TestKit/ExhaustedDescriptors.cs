using System.Globalization;
using System.Runtime.InteropServices;

namespace Dynode.TestKit;

/// <summary>
/// Leaves another process no descriptor more, by a limit at the lowest number that it has free, and gives as many as the test
/// wants. Its own limit is back when this ends. Never of the tests' own process: a runtime that compiles at run time ends with the
/// process when it wants a thread, or an assembly, and has no descriptor for it.
/// </summary>
public sealed partial class ExhaustedDescriptors : IDisposable
{
    /// <summary>RLIMIT_NOFILE of Linux.</summary>
    private const int NoFile = 7;

    private readonly int _pid;
    private readonly Limit _before;

    private ExhaustedDescriptors(int pid)
    {
        _pid = pid;
        if (ProcessLimit(pid, NoFile, 0, out _before) != 0)
            throw new ExpectationException($"prlimit: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>When done, the process can open nothing.</summary>
    public static ExhaustedDescriptors Of(int pid)
    {
        var exhausted = new ExhaustedDescriptors(pid);
        exhausted.Free(0);
        return exhausted;
    }

    /// <summary>Lets it open so many more than it has open now.</summary>
    public void Free(int count)
    {
        HashSet<int> open = [.. Directory.EnumerateFileSystemEntries($"/proc/{_pid}/fd").Where(IsKept).Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];

        // Below the limit: all that are open there, and as many free ones as are given.
        int limit = 0;
        int free = 0;
        while (open.Contains(limit) || free++ < count)
            limit++;
        Set(_before with { Soft = (ulong)limit });
    }

    public void Dispose() => Set(_before);

    /// <summary>What a process reads of the kernel, of itself say, it has open for a moment: that one is as good as free.</summary>
    private static bool IsKept(string path) =>
        new FileInfo(path).LinkTarget is { } target && !target.StartsWith("/proc/", StringComparison.Ordinal) && !target.StartsWith("/sys/", StringComparison.Ordinal);

    private unsafe void Set(Limit limit)
    {
        if (ProcessLimit(_pid, NoFile, (nint)(&limit), out _) != 0 && Directory.Exists($"/proc/{_pid}"))
            throw new ExpectationException($"prlimit: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int ProcessLimit(int pid, int resource, nint limit, out Limit before);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
