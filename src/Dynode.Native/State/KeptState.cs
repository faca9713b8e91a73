using System.Collections.Immutable;
using System.Globalization;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.State;

/// <summary>How a run ended, as the file says it.</summary>
internal enum RunEnd
{
    /// <summary>The file is of no run yet.</summary>
    None,

    /// <summary>It has not said so: it runs, or was killed.</summary>
    Running,

    /// <summary>Well: the gaps are all that there were.</summary>
    Stopped,
}

/// <summary>The servers that a list URL gave.</summary>
/// <param name="url">Without its secrets; for people.</param>
/// <param name="asked">Tells it, with its secrets and its parameters, from another.</param>
/// <param name="time">When it was last known to be so.</param>
/// <param name="servers">In the list's order.</param>
internal sealed class KeptList(string url, string asked, DateTimeOffset time, ImmutableArray<BackendAddress> servers)
{
    public string Url => url;

    public string Asked => asked;

    public DateTimeOffset Time => time;

    public ImmutableArray<BackendAddress> Servers => servers;
}

/// <summary>A server that has missed something.</summary>
/// <param name="Address">Which.</param>
/// <param name="Reason">Why, as it was known first.</param>
/// <param name="First">The number of the first request that it missed, in the run that lost it; -1: not known.</param>
internal sealed record KeptGap(BackendAddress Address, string Reason, long First)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address} (from request {First} on, {Reason})");
}

/// <summary>What of a run outlives it. Immutable.</summary>
internal sealed record KeptState
{
    /// <summary>Of a directory that nothing was kept in.</summary>
    public static readonly KeptState Empty = new();

    public RunEnd Run { get; init; }

    /// <summary>Null: no URL has given one.</summary>
    public KeptList? List { get; init; }

    /// <summary>Servers that an operator has disabled.</summary>
    public ImmutableArray<BackendAddress> Disabled { get; init; } = [];

    /// <summary>Servers that an operator has ejected.</summary>
    public ImmutableArray<BackendAddress> Ejected { get; init; } = [];

    /// <summary>Servers that an operator has added.</summary>
    public ImmutableArray<BackendAddress> Added { get; init; } = [];

    /// <summary>Servers that an operator has removed.</summary>
    public ImmutableArray<BackendAddress> Removed { get; init; } = [];

    public ImmutableArray<KeptGap> Gaps { get; init; } = [];

    /// <summary>The same with what is wanted of one server; the newest orders are kept where there are too many.</summary>
    public KeptState With(BackendAddress server, BackendOrder order) => this with
    {
        Disabled = Put(Disabled.Remove(server), server, order == BackendOrder.Disabled),
        Ejected = Put(Ejected.Remove(server), server, order == BackendOrder.Ejected),
    };

    /// <summary>What is in it tells two apart nowhere: that is what the file's bytes are for.</summary>
    public bool Equals(KeptState? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Run;

    /// <inheritdoc/>
    public override string ToString() => nameof(KeptState);

    private static ImmutableArray<BackendAddress> Put(ImmutableArray<BackendAddress> servers, BackendAddress server, bool isIn) =>
        !isIn ? servers : servers.Length < StateText.ServersMax ? servers.Add(server) : servers.RemoveAt(0).Add(server);
}
