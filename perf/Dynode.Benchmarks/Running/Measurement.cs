using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.NativeAot;
using Perfolizer.Horology;

namespace Dynode.Benchmarks.Running;

/// <summary>
/// Runs benchmarks for their times, in a native process of their own: compiled as the program that is shipped, for any
/// processor, and not by the just-in-time compiler for this one.
/// </summary>
internal static class Measurement
{
    /// <summary>
    /// Makes BenchmarkDotNet hold the finalizer while it counts bytes, as it does in its own tests: what the runtime allocates there
    /// after a collection is no benchmark's. What it allocates to be held is sometimes counted still.
    /// </summary>
    private const string HoldsFinalizer = "BENCHMARKDOTNET_UNITTEST_BLOCK_FINALIZER_FOR_MEMORYDIAGNOSER";

    /// <summary>Runs what <paramref name="args"/> say.</summary>
    /// <param name="args">
    /// <c>--short</c>: a tenth of the time, for figures that are good for a look and no more. Then <c>--summary FILE</c>: the tables
    /// are written there too. Then whatever BenchmarkDotNet's command line takes.
    /// </param>
    /// <returns>The exit status.</returns>
    public static int Run(string[] args)
    {
        bool isShort = args is ["--short", ..];
        if (isShort)
            args = args[1..];
        string? file = null;
        if (args is ["--summary", var path, .. var rest])
            (file, args) = (path, rest);
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(Measurement).Assembly).Run(args, Config(isShort)).ToArray();
        if (summaries.Length == 0)
            return args.Contains("--list") ? 0 : 1;
        if (file is not null)
            File.WriteAllText(file, SummaryText.Of(summaries));
        return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
    }

    private static ManualConfig Config(bool isShort) => ManualConfig.CreateEmpty()
        .AddJob(Native(isShort ? Short : Job.Default))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddColumn(VolumeColumn.MegabytesPerSecond, VolumeColumn.NanosecondsPerFrame, PromiseColumn.Instance)
        .HideColumns(Column.StdDev, Column.Median)
        .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
        .AddAnalyser([.. DefaultConfig.Instance.GetAnalysers()])
        .AddValidator([.. DefaultConfig.Instance.GetValidators()])
        .AddLogger(ConsoleLogger.Default)
        .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared))
        .WithArtifactsPath(Paths.Artifacts)
        // What takes a minute on a machine with nothing else to do.
        .WithBuildTimeout(TimeSpan.FromMinutes(15));

    private static Job Short => Job.Default.WithWarmupCount(2).WithIterationCount(7).WithIterationTime(TimeInterval.FromMilliseconds(100)).WithId("Short");

    private static Job Native(Job job) => job
        .WithRuntime(NativeAotRuntime.Net10_0)
        .WithToolchain(NativeAotToolchain.CreateBuilder()
            // It wants a source of packages beside the user's own: a folder without any adds nothing.
            .UseNuGet("", AppContext.BaseDirectory)
            .IlcInstructionSet("")
            .IlcOptimizationPreference("")
            .TargetFrameworkMoniker("net10.0")
            .ToToolchain())
        .WithGcConcurrent(false)
        .WithEnvironmentVariable(HoldsFinalizer, $"{HoldsFinalizer}_ACTIVE")
        // What is restored for one platform is not what the projects' own lock files say.
        .WithArguments([new MsBuildArgument("/p:NuGetLockFilePath=obj/native.lock.json")]);
}
