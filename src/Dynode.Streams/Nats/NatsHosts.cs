namespace Dynode.Streams.Nats;

/// <summary>Which host is tried next: those that were configured, then those that a server named. One task.</summary>
internal sealed class NatsHosts
{
    private readonly IReadOnlyList<NatsHost> _configured;
    private IReadOnlyList<NatsHost> _all;
    private int _next;

    public NatsHosts(IReadOnlyList<NatsHost> configured)
    {
        _configured = configured;
        _all = configured;
    }

    /// <summary>How many there are to try before all have been.</summary>
    public int Count => _all.Count;

    /// <summary>How many there are with those that a server names. Any thread.</summary>
    public int CountWith(IReadOnlyList<NatsHost> named) => _configured.Concat(named).Distinct().Count();

    public NatsHost Next() => _all[_next++ % _all.Count];

    /// <summary>What a server said of the others; the one that was connected comes last.</summary>
    public void Learn(IReadOnlyList<NatsHost> named, NatsHost connected)
    {
        NatsHost[] all = [.. _configured.Concat(named).Distinct()];
        _all = [.. all.Where(host => host != connected), connected];
        _next = 0;
    }
}
