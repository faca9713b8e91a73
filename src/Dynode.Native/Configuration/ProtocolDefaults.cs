namespace Dynode.Native.Configuration;

/// <summary>
/// The defaults that other keys decide: whose replies come, and the sizes that must fit into each other (a request into a
/// quarter of the backlog, the backlog into half of the memory). What somebody set stays as it was set; whether that fits,
/// <see cref="CrossChecks"/> judges.
/// </summary>
internal static class ProtocolDefaults
{
    /// <summary>A log of all clients.</summary>
    public const long FramedBacklogBytes = 64L << 20;

    /// <summary>Of each client a log.</summary>
    public const long RawBacklogBytes = 256L << 10;

    /// <summary>A server that is behind must be able to hold several requests, else one large request would be all that is kept for it.</summary>
    public const int RequestsPerBacklogMin = 4;

    /// <summary>The same values, with those defaults for what nobody set. Doing it again changes nothing.</summary>
    public static EffectiveValues Fill(EffectiveValues values)
    {
        var filled = new List<(ConfigurationKey Key, EffectiveValue Value)>
        {
            (ConfigurationKeys.Reply, ReplyOf(values.Protocol, values.Text(ConfigurationKeys.Protocol))),
        };
        if (!values.AreFaulty(ConfigurationKeys.Protocol, ConfigurationKeys.MemoryMax, ConfigurationKeys.BacklogBytes, ConfigurationKeys.MaxRequestBytes))
        {
            (EffectiveValue backlog, EffectiveValue request) = values.Protocol == ProtocolScope.Raw
                ? (Size(RawBacklogBytes, "for each client, with protocol=raw"), Size(ConfigurationKeys.MaxRequestBytes.DefaultNumber))
                : Framed(values);
            filled.AddRange(
                (ConfigurationKeys.BacklogBytes, backlog),
                (ConfigurationKeys.MaxRequestBytes, request),
                (ConfigurationKeys.MaxReplyBytes, ReplyBytes(values)));
        }

        return values.With(filled.Where(entry => !values[entry.Key].IsSet));
    }

    private static EffectiveValue ReplyOf(ProtocolScope protocol, string name)
    {
        string reply = protocol switch { ProtocolScope.Raw => "all", ProtocolScope.Line => "none", _ => "primary" };
        return new(new(reply, ConfigurationKeys.Reply.Choices.IndexOf(reply)), ConfigurationSource.Default, Said: $"with protocol={name}");
    }

    private static (EffectiveValue Backlog, EffectiveValue Request) Framed(EffectiveValues values)
    {
        long half = values.Number(ConfigurationKeys.MemoryMax) / 2;
        EffectiveValue request = values[ConfigurationKeys.MaxRequestBytes];
        EffectiveValue backlog = values[ConfigurationKeys.BacklogBytes];
        if (!backlog.IsSet)
        {
            long wanted = request.IsSet ? request.Value.Number * RequestsPerBacklogMin : 0;
            backlog = half < Math.Max(FramedBacklogBytes, wanted) ? Size(half, "half of memory_max")
                : wanted > FramedBacklogBytes ? Size(wanted, $"{RequestsPerBacklogMin} times max_request_bytes")
                : Size(FramedBacklogBytes, "for all clients together, with a framed protocol");
        }

        // Taken from the table and not from the values: those may have been filled for another memory_max.
        long whole = ConfigurationKeys.MaxRequestBytes.DefaultNumber;
        long most = backlog.Value.Number / RequestsPerBacklogMin;
        return (backlog, most < whole ? Size(most, "a quarter of backlog_bytes") : Size(whole));
    }

    // One client can have no more than the share of all.
    private static EffectiveValue ReplyBytes(EffectiveValues values)
    {
        long whole = ConfigurationKeys.MaxReplyBytes.DefaultNumber;
        long share = values.Number(ConfigurationKeys.MemoryMax) / 4;
        return values.Protocol != ProtocolScope.Raw && share < whole ? Size(share, "a quarter of memory_max") : Size(whole);
    }

    private static EffectiveValue Size(long bytes, string said = "") =>
        new(new(NumberText.Size(bytes), bytes), ConfigurationSource.Default, Said: said);
}
