using Dynode.Broadcast.Plane;

namespace Dynode.Native.Admin;

/// <summary>What metrics are made of: a sample, and what is known of the process and of the admin side itself.</summary>
/// <param name="Operated">The host.</param>
/// <param name="Sample">Of the data plane.</param>
/// <param name="Started">When this process did, in UTC.</param>
/// <param name="Requests">Tells how often each route was asked for.</param>
/// <param name="Version">Of this program.</param>
internal sealed record MetricSource(IOperated Operated, Sample Sample, DateTimeOffset Started, Action<Action<string, long>> Requests, string Version)
{
    private ProcessFigures? _process;

    /// <summary>Of this process; the system is asked once, and only for who renders it.</summary>
    public ProcessFigures Process => _process ??= ProcessFigures.Now(Started, Operated.DescriptorsMax);

    public BroadcastSettings Settings => Operated.Settings.Broadcast;

    /// <summary>Requests are known.</summary>
    public bool IsFramed => Settings.Protocol != Protocol.Raw;

    /// <summary>Clients are answered by what servers say.</summary>
    public bool HasVotes => IsFramed && Settings.FramedReply != FramedReply.None;
}
