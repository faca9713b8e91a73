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
