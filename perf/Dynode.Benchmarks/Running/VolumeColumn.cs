using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Dynode.Benchmarks.Running;

/// <summary>The mean and the <see cref="Volume"/> of an operation, as a figure that captures of different lengths share.</summary>
internal sealed class VolumeColumn : IColumn
{
    /// <summary>Megabytes (of 1,000,000 bytes) in a second.</summary>
    public static readonly VolumeColumn MegabytesPerSecond = new(
        "MB/s",
        "Bytes of one operation by its mean time; 1 MB is 1,000,000 bytes",
        (mean, volume) => volume.Bytes == 0 ? null : volume.Bytes * 1e3 / mean);

    /// <summary>Nanoseconds for one request, reply or entry of a capture.</summary>
    public static readonly VolumeColumn NanosecondsPerFrame = new(
        "ns/frame",
        "The mean by the frames (requests, replies) in one operation",
        (mean, volume) => volume.Frames == 0 ? null : mean / volume.Frames);

    private readonly Func<double, Volume, double?> _figure;

    private VolumeColumn(string name, string legend, Func<double, Volume, double?> figure)
    {
        ColumnName = name;
        Legend = legend;
        _figure = figure;
    }

    public string Id => ColumnName;

    public string ColumnName { get; }

    public string Legend { get; }

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => _figure(1, Volume.Of(benchmark)) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        summary[benchmarkCase]?.ResultStatistics is { } times && _figure(times.Mean, Volume.Of(benchmarkCase)) is { } figure
            ? figure.ToString(figure < 100 ? "N1" : "N0", CultureInfo.InvariantCulture)
            : "";
}
