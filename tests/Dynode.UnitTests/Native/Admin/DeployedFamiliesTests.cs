using Dynode.Native.Admin;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>What rules and dashboard may speak of, by <c>deploy/metrics.txt</c>, is what is scraped.</summary>
public sealed class DeployedFamiliesTests
{
    [Fact]
    public void The_list_that_rules_and_dashboard_are_held_to_is_the_table()
    {
        var listed = SourceTree.Read("deploy/metrics.txt").Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .Order(StringComparer.Ordinal);
        var table = MetricTable.All.Select(family => string.Join(
            ' ',
            family.Name,
            family.Type.ToString().ToLowerInvariant(),
            family.Labels.Length == 0 ? "-" : string.Join(',', family.Labels),
            family.Scope switch { "" => "all", "raw" or "framed" => family.Scope, LogMetrics.Scope => "log", TlsMetrics.Scope or TlsMetrics.CertificateScope or TlsMetrics.AdminScope => "tls", _ => "votes" }));
        Assert.Equal(table.Order(StringComparer.Ordinal), listed);
    }
}
