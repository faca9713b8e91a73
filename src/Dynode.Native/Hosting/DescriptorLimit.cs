using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>The number of descriptors that this process may have open.</summary>
internal static partial class DescriptorLimit
{
    /// <summary>RLIMIT_NOFILE of Linux on x64 and arm64.</summary>
    private const int Descriptors = 7;

    /// <summary>
    /// Raises the soft limit to the hard one. The soft one is kept low for programs that still use select(2), which we do not;
    /// the runtime raises it only where it starts as CoreCLR.
    /// </summary>
    /// <returns>The limit that is in force; 0: not known.</returns>
    public static long RaiseToHard()
    {
        if (!OperatingSystem.IsLinux() || GetLimit(Descriptors, out Limit limit) != 0)
            return 0;
        if (limit.Soft < limit.Hard && SetLimit(Descriptors, limit with { Soft = limit.Hard }) == 0)
            limit = limit with { Soft = limit.Hard };
        return limit.Soft > long.MaxValue ? long.MaxValue : (long)limit.Soft;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
