using System.Globalization;
using Dynode.LoadTest.Loads;
using HdrHistogram;

namespace Dynode.LoadTest.Hosting;

/// <summary>What a host has measured, in the shape of NBomber's text report. Times are milliseconds.</summary>
internal static class LoadReport
{
    /// <summary>NBomber's name for a scenario as a whole.</summary>
    private const string WholeScenario = "global information";

    private const double Kilobyte = 1024;

    /// <param name="output">Takes it.</param>
    /// <param name="scenario">That was run.</param>
    /// <param name="statistics">Of it.</param>
    /// <param name="took">From the first simulation's start to the last step's end.</param>
    public static void Write(TextWriter output, ILoadScenario scenario, LoadStatistics statistics, TimeSpan took)
    {
        long all = statistics.Ok.Count + statistics.Fail.Count;
        output.WriteLine();
        output.WriteLine($"scenario: {scenario.Name}");
        output.WriteLine($"  - ok count: {statistics.Ok.Count}");
        output.WriteLine($"  - fail count: {statistics.Fail.Count}");
        output.WriteLine($"  - all data: {Text((statistics.Ok.Bytes + statistics.Fail.Bytes) / Kilobyte / Kilobyte)} MB");
        output.WriteLine($"  - duration: {took:hh\\:mm\\:ss\\.fff}");
        output.WriteLine("load simulations:");
        foreach (LoadSimulation simulation in scenario.Simulations) output.WriteLine($"  - {simulation}");
        Table(output, "ok", statistics.Ok, all, took);
        if (statistics.Fail.Count > 0) Table(output, "fail", statistics.Fail, all, took);
        foreach ((string fault, long count) in statistics.Faults) output.WriteLine($"failed {count} times: {fault}");
    }

    private static void Table(TextWriter output, string kind, StepStatistics steps, long all, TimeSpan took)
    {
        LongHistogram times = steps.Microseconds;
        Row(output, "step", $"{kind} stats");
        Row(output, "name", WholeScenario);
        Row(output, "request count", $"all = {all}, {kind} = {steps.Count}, RPS = {Text(took > TimeSpan.Zero ? steps.Count / took.TotalSeconds : 0)}");
        if (steps.Count == 0) return;
        Row(output, "latency", $"min = {Milliseconds(steps.Least)}, mean = {Milliseconds(times.GetMean())}, max = {Milliseconds(times.GetMaxValue())}, StdDev = {Milliseconds(times.GetStdDeviation())}");
        Row(output, "latency percentile", $"p50 = {At(50)}, p75 = {At(75)}, p95 = {At(95)}, p99 = {At(99)}");
        if (steps.Bytes > 0)
            Row(output, "data transfer", $"min = {Text(steps.BytesLeast / Kilobyte)} KB, mean = {Text(steps.Bytes / Kilobyte / steps.Count)} KB, max = {Text(steps.BytesMost / Kilobyte)} KB, all = {Text(steps.Bytes / Kilobyte / Kilobyte)} MB");

        string At(double percentile) => Milliseconds(times.GetValueAtPercentile(percentile));
    }

    private static void Row(TextWriter output, string name, string value) => output.WriteLine($"| {name,-18} | {value}");

    private static string Milliseconds(double microseconds) => Text(microseconds / 1000);

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
