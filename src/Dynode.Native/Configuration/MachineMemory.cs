using System.Runtime.InteropServices;

namespace Dynode.Native.Configuration;

/// <summary>The machine's memory by sysinfo(2), which needs no /proc.</summary>
internal static partial class MachineMemory
{
    /// <summary>In bytes; null where the kernel does not say.</summary>
    public static unsafe long? Bytes()
    {
        // struct sysinfo on 64-bit Linux: 112 bytes; total RAM is its fifth word, the unit it is counted in the low half of its fourteenth.
        ulong* info = stackalloc ulong[16];
        if (!OperatingSystem.IsLinux() || SysInfo(info) != 0)
            return null;
        ulong bytes = info[4] * (uint)info[13];
        return bytes is > 0 and < long.MaxValue ? (long)bytes : null;
    }

    [LibraryImport("libc", EntryPoint = "sysinfo")]
    private static unsafe partial int SysInfo(ulong* info);
}
