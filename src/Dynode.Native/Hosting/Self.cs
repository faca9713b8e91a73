namespace Dynode.Native.Hosting;

/// <summary>How this program is started once more.</summary>
internal static class Self
{
    /// <summary>Its file; where the runtime runs it, the runtime's.</summary>
    public static string Program => IsHosted ? Environment.ProcessPath! : Environment.ProcessPath ?? "/proc/self/exe";

    /// <summary>What stands in front of its own arguments.</summary>
    public static IReadOnlyList<string> Arguments => IsHosted ? [Path.Combine(AppContext.BaseDirectory, "dynode.dll")] : [];

    private static bool IsHosted => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
}
