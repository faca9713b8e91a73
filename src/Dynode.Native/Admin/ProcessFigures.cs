namespace Dynode.Native.Admin;

/// <summary>What the system says of this process.</summary>
/// <param name="Started">In UTC.</param>
/// <param name="Cpu">Time that it has used.</param>
/// <param name="ResidentBytes">Of its memory.</param>
/// <param name="Descriptors">That are open; null: the system does not say.</param>
/// <param name="DescriptorsMax">That it may have.</param>
internal sealed record ProcessFigures(DateTimeOffset Started, TimeSpan Cpu, long ResidentBytes, int? Descriptors, long DescriptorsMax)
{
    public static ProcessFigures Now(DateTimeOffset started, long descriptorsMax) =>
        new(started, Environment.CpuUsage.TotalTime, Environment.WorkingSet, OpenDescriptors(), descriptorsMax);

    // Its own look is one of them; there may be no /proc.
    private static int? OpenDescriptors()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
