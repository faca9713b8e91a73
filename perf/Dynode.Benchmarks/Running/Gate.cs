using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using Perfolizer.Horology;

namespace Dynode.Benchmarks.Running;

/// <summary>
/// Runs every benchmark briefly and holds those that promise it to not one allocated byte. Times decide nothing: they belong to
/// the machine and to who else is on it.
/// </summary>
internal sealed class Gate
{
    /// <summary>Long enough for thousands of operations of most, short enough for all of them in a minute.</summary>
    private static readonly TimeInterval IterationTime = TimeInterval.FromMilliseconds(10);

    private readonly CountingEngines _engines = new();
    private readonly TextWriter _output;
    private int _passed;
    private int _failed;

    private Gate(TextWriter output) => _output = output;

    /// <summary>Runs all, or what <paramref name="args"/> say, and tells what failed; the last line is "N passed, N failed".</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="args">Nothing, or <c>--filter</c> and patterns.</param>
    /// <returns>The exit status.</returns>
    public static int Run(TextWriter output, string[] args)
    {
        string[] patterns = args is ["--filter", .. var given] ? given : [];
        if (args.Length > 0 && patterns.Length == 0)
        {
            output.WriteLine("usage: --gate [--filter PATTERN...]");
            return 1;
        }

        return new Gate(output).Run(patterns);
    }

    private int Run(string[] patterns)
    {
        if (Directory.Exists(Paths.Gate))
            Directory.Delete(Paths.Gate, recursive: true);
        var runs = Select(Config(patterns));
        if (runs.Length == 0)
            _output.WriteLine("no benchmark ran: nothing matches");
        else
            Judge(runs, BenchmarkRunner.Run(runs));
        _output.WriteLine($"{_passed} passed, {_failed} failed");
        return runs.Length > 0 && _failed == 0 ? 0 : 1;
    }

    private ManualConfig Config(string[] patterns)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default
                .WithToolchain(InProcessEmitToolchain.Instance)
                .WithEngineFactory(_engines)
                .WithIterationTime(IterationTime)
                .WithWarmupCount(1)
                .WithIterationCount(1)
                .WithEvaluateOverhead(false))
            .AddLogger(NullLogger.Instance)
            .AddValidator(JitOptimizationsValidator.FailOnError)
            .WithArtifactsPath(Paths.Gate);
        return patterns.Length == 0 ? config : config.AddFilter(new GlobFilter(patterns));
    }

    private static BenchmarkRunInfo[] Select(ManualConfig config) =>
    [
        .. typeof(Gate).Assembly.GetExportedTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false })
            .Select(type => BenchmarkConverter.TypeToBenchmarks(type, config))
            .Where(run => run.BenchmarksCases.Length > 0),
    ];

    private void Judge(BenchmarkRunInfo[] runs, Summary[] summaries)
    {
        foreach (var benchmark in runs.SelectMany(run => run.BenchmarksCases))
        {
            string name = FullNameProvider.GetBenchmarkName(benchmark);
            bool ran = summaries.Any(summary => summary[benchmark] is { Success: true });
            if (!ran || !_engines.Last.TryGetValue(name, out var allocated) || allocated.Operations == 0)
                Fail(benchmark, $"did not run to its end: {_engines.Faults.GetValueOrDefault(name) ?? Why(summaries)}");
            else if (PromiseColumn.IsPromised(benchmark) && allocated.Bytes > 0)
                Fail(benchmark, $"promises to allocate nothing, and allocated {allocated.Bytes} bytes in {allocated.Operations} operations");
            else if (PromiseColumn.IsPromised(benchmark))
                _passed++;
        }
    }

    /// <summary>Where the run as a whole was refused, its only summary says why.</summary>
    private static string Why(Summary[] summaries) =>
        string.Join("; ", summaries.SelectMany(summary => summary.ValidationErrors).Select(error => error.Message).DefaultIfEmpty($"see the log in {Paths.Gate}"));

    private void Fail(BenchmarkCase benchmark, string why)
    {
        _failed++;
        var what = benchmark.Descriptor;
        _output.WriteLine($"failed: {what.Type.Name}.{what.WorkloadMethod.Name} {benchmark.Parameters.DisplayInfo}: {why}");
    }
}
