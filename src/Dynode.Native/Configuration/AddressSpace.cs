using System.Runtime.InteropServices;

namespace Dynode.Native.Configuration;

/// <summary>The addresses that this process may use (<c>ulimit -v</c>), where they are limited; memory that is never touched counts too.</summary>
internal static partial class AddressSpace
{
    /// <summary>RLIMIT_AS of Linux on x64 and arm64.</summary>
    private const int Addresses = 9;

    /// <summary>M_ARENA_MAX of glibc.</summary>
    private const int ArenaMax = -8;

    /// <summary>
    /// Twice what must fit into the half that is not the heap, as tried: 46 MiB of code, libraries and stacks, 64 MiB that the C library
    /// sets aside for the runtime's first thread, and some for libraries that come later.
    /// </summary>
    public const long LeastBytes = 288L << 20;

    /// <summary>In bytes; null: not limited, or not known.</summary>
    public static long? LimitBytes() =>
        OperatingSystem.IsLinux() && GetLimit(Addresses, out Limit limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : null;

    /// <summary>What of a limit the runtime's collector sets aside for its heap, at its start: half.</summary>
    public static long HeapBytes(long limitBytes) => limitBytes / 2;

    /// <summary>The C library sets 128 MiB of addresses aside for each thread; one heap for all of them does for the little that it is asked for.</summary>
    public static void Spare()
    {
        if (LimitBytes() is not null)
            _ = SetOption(ArenaMax, 1);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
