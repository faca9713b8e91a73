using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Dynode.Native.Admin;

/// <summary>
/// The text format of Prometheus, version 0.0.4, and OpenMetrics 1.0: <c># HELP</c>, <c># TYPE</c>, and a line for each series. A family
/// without a series in a mode is left out whole.
/// </summary>
internal sealed class MetricsText
{
    /// <summary>What is scraped in the older format, and in the newer.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8", OpenContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    // Of some servers; it stays as long as it was once, so that a page costs no more than itself.
    private readonly ArrayBufferWriter<byte> _text = new(32 << 10);
    private bool _isOpen;
    private Metric? _family;
    private bool _hasHead;

    /// <summary>All families of the table.</summary>
    /// <param name="source">What is told.</param>
    /// <param name="isOpen">In the newer format.</param>
    public byte[] Render(MetricSource source, bool isOpen)
    {
        _text.ResetWrittenCount();
        _isOpen = isOpen;
        foreach (var family in MetricTable.All)
        {
            (_family, _hasHead) = (family, false);
            family.Write(this, source);
        }

        if (isOpen)
            Put("# EOF\n");
        return _text.WrittenSpan.ToArray();
    }

    /// <summary>A series of the family.</summary>
    /// <param name="value">Its.</param>
    /// <param name="labels">A value for each of the family's labels.</param>
    public void Add(double value, params ReadOnlySpan<string> labels) => Add("", value, _family!.Labels, labels);

    /// <summary>A series of a histogram.</summary>
    public void AddPart(string suffix, double value) => Add(suffix, value, [], []);

    /// <summary>A bucket of a histogram: how many were no more.</summary>
    public void AddBucket(string end, double value) => Add("_bucket", value, ["le"], [end]);

    private void Add(string suffix, double value, ReadOnlySpan<string> names, ReadOnlySpan<string> labels)
    {
        var family = _family!;
        if (!_hasHead)
        {
            var name = family.Name.AsSpan(0, family.Name.Length - (_isOpen && family.Type == MetricType.Counter ? "_total".Length : 0));
            Put("# HELP ");
            Put(name);
            Put(" ");
            Put(family.Help);
            Put("\n# TYPE ");
            Put(name);
            Put(family.Type switch { MetricType.Counter => " counter\n", MetricType.Gauge => " gauge\n", _ => " histogram\n" });
            _hasHead = true;
        }

        Put(family.Name);
        Put(suffix);
        for (int i = 0; i < names.Length; i++)
        {
            Put(i == 0 ? "{" : ",");
            Put(names[i]);
            Put("=\"");
            Put(labels[i].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
            Put("\"");
        }

        Put(names.IsEmpty ? " " : "} ");
        PutNumber(value);
        Put("\n");
    }

    private void PutNumber(double value)
    {
        if (double.IsPositiveInfinity(value))
        {
            Put("+Inf");
            return;
        }

        Span<byte> room = _text.GetSpan(32);
        bool isWhole = Math.Abs(value) < 1e15 && value == Math.Truncate(value);
        _ = isWhole ? Utf8Formatter.TryFormat((long)value, room, out int length) : Utf8Formatter.TryFormat(value, room, out length);
        _text.Advance(length);
    }

    private void Put(ReadOnlySpan<char> text) => _text.Advance(Encoding.UTF8.GetBytes(text, _text.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
