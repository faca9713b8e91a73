using System.Globalization;

namespace Dynode.Native.Configuration;

/// <summary>
/// How much memory this process may use: the machine's, or the tightest limit of its control groups, its own or of one above it, or what
/// of its addresses is for the heap where those are limited.
/// Whatever cannot be read is no limit: an empty container without /proc is no error.
/// </summary>
internal static class MemoryLimit
{
    /// <summary>Where nothing at all is known: the default becomes its least half.</summary>
    private const long UnknownBytes = 2 * ConfigurationLimits.MemoryDefaultBytesMax;

    /// <summary>In bytes, never zero.</summary>
    /// <param name="root">The root of the file system that is asked; tests make one.</param>
    /// <param name="machineBytes">The machine's memory; asked of the kernel when null.</param>
    /// <param name="addressBytes">The limit of addresses; asked of the kernel when null.</param>
    public static long Read(string root, long? machineBytes = null, long? addressBytes = null)
    {
        long machine = machineBytes ?? MachineMemory.Bytes() ?? UnknownBytes;
        long heap = (addressBytes ?? AddressSpace.LimitBytes()) is { } limit ? AddressSpace.HeapBytes(limit) : long.MaxValue;
        return Math.Min(Math.Min(machine, heap), ControlGroups.MemoryBytes(root) ?? long.MaxValue);
    }

    /// <summary>The <c>memory_max</c> for a process that may use <paramref name="bytes"/>: half, whole mebibytes, in its bounds.</summary>
    public static long DefaultFor(long bytes) =>
        Math.Clamp(bytes / 2 & ~((1L << 20) - 1), ConfigurationLimits.MemoryBytesMin, ConfigurationLimits.MemoryDefaultBytesMax);
}

/// <summary>The memory limits of control groups, versions 1 and 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html#memory).</summary>
internal static class ControlGroups
{
    /// <summary>Version 1 says "no limit" by the largest multiple of a page; no machine has so much.</summary>
    private const long NoLimitBytes = 1L << 62;

    /// <summary>The tightest limit, or null where there is none that can be read.</summary>
    public static long? MemoryBytes(string root)
    {
        long? least = null;
        string[] groups = Lines(Path.Combine(root, "proc/self/cgroup"));
        foreach (string mount in Lines(Path.Combine(root, "proc/self/mountinfo")))
        {
            // 41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw   (proc_pid_mountinfo(5))
            string[] halves = mount.Split(" - ", 2);
            string[] front = halves[0].Split(' ');
            string[] back = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (front.Length < 5 || back.Length < 3)
                continue;
            bool isTwo = back[0] == "cgroup2";
            if (!isTwo && !(back[0] == "cgroup" && back[2].Split(',').Contains("memory")))
                continue;

            string? group = GroupOf(groups, isTwo);
            string at = Path.Combine(root, front[4].TrimStart('/'));
            string below = group is null ? "" : Below(group, front[3]);
            least = Tighter(least, Least(at, below, isTwo ? "memory.max" : "memory.limit_in_bytes"));
        }

        return least;
    }

    // Lines of /proc/self/cgroup are id:controllers:path; version 2 has id 0 and no controllers.
    private static string? GroupOf(string[] groups, bool isTwo)
    {
        foreach (string line in groups)
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length == 3 && (isTwo ? parts[0] == "0" && parts[1].Length == 0 : parts[1].Split(',').Contains("memory")))
                return parts[2];
        }

        return null;
    }

    // In a container, the mount shows only the part of the tree from its root on, and the path may lie outside of it.
    private static string Below(string group, string mountRoot)
    {
        string path = mountRoot == "/" || !group.StartsWith(mountRoot, StringComparison.Ordinal) ? group : group[mountRoot.Length..];
        return path.Contains("..", StringComparison.Ordinal) ? "" : path.Trim('/');
    }

    // From the process's own group up to the mount: a limit of any of them binds.
    private static long? Least(string mount, string group, string file)
    {
        long? least = null;
        while (true)
        {
            least = Tighter(least, Limit(Path.Combine(mount, group, file)));
            if (group.Length == 0)
                return least;
            int slash = group.LastIndexOf('/');
            group = slash < 0 ? "" : group[..slash];
        }
    }

    private static long? Limit(string path) =>
        Lines(path) is [string line, ..]
        && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
        && bytes is > 0 and < NoLimitBytes
            ? bytes
            : null;

    private static long? Tighter(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    private static string[] Lines(string path) =>
        BoundedFile.Read(path, ConfigurationLimits.FileBytesMax, out _) is { } bytes
            ? System.Text.Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : [];
}
