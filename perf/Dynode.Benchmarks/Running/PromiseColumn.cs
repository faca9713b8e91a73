using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Dynode.Benchmarks.Running;

/// <summary>What <see cref="AllocatesNothingAttribute"/> promises, beside what was allocated.</summary>
internal sealed class PromiseColumn : IColumn
{
    public static readonly PromiseColumn Instance = new();

    private PromiseColumn()
    {
    }

    public string Id => nameof(PromiseColumn);

    public string ColumnName => "Promised";

    public string Legend => "What it promises to allocate; empty: it promises nothing";

    public bool AlwaysShow => true;

    // Behind the bytes that were allocated.
    public ColumnCategory Category => ColumnCategory.Metric;

    public int PriorityInCategory => int.MaxValue;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public static bool IsPromised(BenchmarkCase benchmark) => benchmark.Descriptor.HasCategory(AllocatesNothingAttribute.Category);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => IsPromised(benchmarkCase) ? AllocatesNothingAttribute.Category : "";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
