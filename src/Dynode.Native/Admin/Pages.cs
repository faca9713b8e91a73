namespace Dynode.Native.Admin;

/// <summary>
/// What is rendered of a sample, once for all who ask for it: a storm of questions costs the machine no more than one. Any thread.
/// </summary>
internal sealed class Pages
{
    /// <summary>A sample that stays longer has its age in the document grow.</summary>
    private static readonly TimeSpan KeptFor = Sampler.Period * 1.5;

    private readonly Lock _lock = new();
    private readonly ReadOnlyMemory<byte>[] _kept = new ReadOnlyMemory<byte>[Enum.GetValues<Page>().Length];
    private readonly MetricsText _text = new();
    private Sample? _of;

    /// <summary>What is rendered.</summary>
    internal enum Page
    {
        Metrics,
        OpenMetrics,
        Status,
        StatusWithSecrets,
    }

    public ReadOnlyMemory<byte> Get(Page page, MetricSource source, TimeSpan age)
    {
        if (age > KeptFor)
            return Render(page, source, age, new MetricsText());
        lock (_lock)
        {
            if (!ReferenceEquals(_of, source.Sample))
            {
                Array.Clear(_kept);
                _of = source.Sample;
            }

            ref var kept = ref _kept[(int)page];
            if (kept.IsEmpty)
                kept = Render(page, source, age, _text);
            return kept;
        }
    }

    private static ReadOnlyMemory<byte> Render(Page page, MetricSource source, TimeSpan age, MetricsText text) => page switch
    {
        Page.Metrics => text.Render(source, isOpen: false),
        Page.OpenMetrics => text.Render(source, isOpen: true),
        _ => JsonBody.Of(json => StatusJson.Write(json, source, age, page == Page.StatusWithSecrets)),
    };
}
