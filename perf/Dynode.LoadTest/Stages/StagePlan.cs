namespace Dynode.LoadTest.Stages;

/// <summary>What a scenario wants of its stage beside what all have.</summary>
internal sealed record StagePlan
{
    /// <summary>In the middle; see <see cref="Requests.Payload"/>.</summary>
    public int PayloadBytes { get; init; } = 128;

    /// <summary>Lines of the broadcaster's configuration.</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>Servers that run, and are not in the list at first.</summary>
    public int ServersBeside { get; init; }

    /// <summary>The broadcaster takes its list of servers from a URL, not from its file.</summary>
    public bool ListsByUrl { get; init; }

    /// <summary>A server whose kernel takes little.</summary>
    public int SmallReceiver { get; init; } = -1;
}
