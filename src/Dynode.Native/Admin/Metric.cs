namespace Dynode.Native.Admin;

/// <summary>As Prometheus knows them.</summary>
internal enum MetricType
{
    /// <summary>It only grows.</summary>
    Counter,

    Gauge,

    Histogram,
}

/// <summary>One family of series, declared once: what is scraped, documented, and held to dashboard and rules is made from this.</summary>
/// <param name="Name">With the prefix and the unit.</param>
/// <param name="Type">Of all its series.</param>
/// <param name="Labels">Their names; no value of theirs grows with clients.</param>
/// <param name="Help">In one line.</param>
/// <param name="Write">Adds its series; none where it has no meaning.</param>
internal sealed record Metric(string Name, MetricType Type, string[] Labels, string Help, Action<MetricsText, MetricSource> Write)
{
    /// <summary>Where it has a meaning, for people; empty: everywhere.</summary>
    public string Scope { get; init; } = "";
}
