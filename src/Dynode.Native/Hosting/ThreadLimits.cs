using System.Globalization;
using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.Native.Hosting;

/// <summary>Whether what limits threads is so far away that nobody need look for it: finding out by making them costs a third of the start.</summary>
internal static class ThreadLimits
{
    /// <summary>What a user's other processes may have, and more; systemd's own limit for a service is above it.</summary>
    internal const long Far = 4096;

    private const string UserLimit = "Max processes";

    /// <summary>False where one is near, and where one cannot be read.</summary>
    /// <param name="root">The root of the file system that is asked; tests make one.</param>
    /// <param name="addressBytes">The limit of addresses; asked of the kernel when null.</param>
    public static bool AreFar(string root, long? addressBytes = null) =>
        (addressBytes ?? AddressSpace.LimitBytes()) is null
        && IsFar(OfUser(root))
        && File.Exists(Path.Combine(root, "proc/self/cgroup"))
        && (ControlGroups.Tasks(root) ?? long.MaxValue) >= Far;

    // Max processes             96364                96364                processes    (proc_pid_limits(5); soft, then hard)
    private static string? OfUser(string root) =>
        BoundedFile.Read(Path.Combine(root, "proc/self/limits"), ConfigurationLimits.FileBytesMax, out _) is { } bytes
            ? Encoding.UTF8.GetString(bytes).Split('\n').FirstOrDefault(line => line.StartsWith(UserLimit, StringComparison.Ordinal))?[UserLimit.Length..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()
            : null;

    private static bool IsFar(string? limit) =>
        limit == "unlimited" || (long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out long threads) && threads >= Far);
}
