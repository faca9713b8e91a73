using System.Globalization;

namespace Dynode.Native.Configuration;

/// <summary>
/// The limits of control groups, versions 1 and 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html). Whatever cannot be read is no limit.
/// </summary>
internal static class ControlGroups
{
    /// <summary>Version 1 says "no limit" by the largest multiple of a page; no machine has so much.</summary>
    private const long NoLimit = 1L << 62;

    /// <summary>The tightest limit of memory in bytes, or null where there is none that can be read.</summary>
    /// <param name="root">Of the file system that is asked.</param>
    public static long? MemoryBytes(string root) => Least(root, "memory", one: "memory.limit_in_bytes", two: "memory.max");

    /// <summary>The tightest limit of processes and threads, or null where there is none that can be read.</summary>
    /// <param name="root">Of the file system that is asked.</param>
    public static long? Tasks(string root) => Least(root, "pids", one: "pids.max", two: "pids.max");

    /// <param name="root">Of the file system that is asked.</param>
    /// <param name="controller">Version 1 may have each mounted apart.</param>
    /// <param name="one">The file of version 1.</param>
    /// <param name="two">The file of version 2.</param>
    private static long? Least(string root, string controller, string one, string two)
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
            if (!isTwo && !(back[0] == "cgroup" && back[2].Split(',').Contains(controller)))
                continue;

            string? group = GroupOf(groups, controller, isTwo);
            string at = Path.Combine(root, front[4].TrimStart('/'));
            string below = group is null ? "" : Below(group, front[3]);
            least = Tighter(least, Least(at, below, isTwo ? two : one));
        }

        return least;
    }

    // Lines of /proc/self/cgroup are id:controllers:path; version 2 has id 0 and no controllers.
    private static string? GroupOf(string[] groups, string controller, bool isTwo)
    {
        foreach (string line in groups)
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length == 3 && (isTwo ? parts[0] == "0" && parts[1].Length == 0 : parts[1].Split(',').Contains(controller)))
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
        && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long limit)
        && limit is > 0 and < NoLimit
            ? limit
            : null;

    private static long? Tighter(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    private static string[] Lines(string path) =>
        BoundedFile.Read(path, ConfigurationLimits.FileBytesMax, out _) is { } bytes
            ? System.Text.Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : [];
}
