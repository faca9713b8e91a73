using System.Text;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;

namespace Dynode.Benchmarks.Running;

/// <summary>Summaries as Markdown: the machine once, then a table for each type that is guarded.</summary>
internal static class SummaryText
{
    private const string Legend = """

        Error is half of the 99.9% confidence interval. MB/s are 1,000,000 bytes; ns/frame is the time of one request, reply or entry. Allocated
        is the whole process's, rounded: who promises 0 B is held to it by `scripts/bench.sh --gate`, which counts a thread's bytes exactly.

        """;

    public static string Of(IReadOnlyList<Summary> summaries)
    {
        var text = new StringBuilder();
        string[] runtimes = summaries[0].AllRuntimes.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string line in summaries[0].HostEnvironmentInfo.ToFormattedString().Concat(runtimes))
            text.Append("    ").Append(line.TrimEnd()).Append('\n');
        text.Append(Legend);
        foreach (var summary in summaries)
            Write(summary, text);
        return text.ToString();
    }

    private static void Write(Summary summary, StringBuilder text)
    {
        if (summary.Reports.IsEmpty)
            return;
        string type = summary.Reports[0].BenchmarkCase.Descriptor.Type.Name;
        text.Append("\n## ").Append(type[..^"Benchmarks".Length]).Append("\n\n");
        var columns = summary.Table.Columns.Where(column => column.NeedToShow).ToArray();
        Row(columns.Select(column => column.Header), text);
        Row(columns.Select(column => column.Justify == SummaryTable.SummaryTableColumn.TextJustification.Right ? "--:" : "---"), text);
        for (int i = 0; i < summary.Reports.Length; i++)
            Row(columns.Select(column => Cell(column, i)), text);
    }

    /// <summary>Where nothing was allocated BenchmarkDotNet writes a dash; here it is a figure like any other.</summary>
    private static string Cell(SummaryTable.SummaryTableColumn column, int row) =>
        column is { OriginalColumn: MetricColumn, Header: "Allocated" } && column.Content[row] == "-" ? "0 B" : column.Content[row];

    private static void Row(IEnumerable<string> cells, StringBuilder text) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
