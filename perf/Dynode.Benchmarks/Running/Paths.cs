namespace Dynode.Benchmarks.Running;

/// <summary>Where BenchmarkDotNet leaves its logs.</summary>
internal static class Paths
{
    public static string Artifacts { get; } = Path.GetFullPath("artifacts/benchmarks");

    /// <summary>The last gate's alone.</summary>
    public static string Gate { get; } = Path.Combine(Artifacts, "gate");
}
