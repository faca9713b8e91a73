using System.Collections.Immutable;

namespace Dynode.Broadcast.Backends;

/// <summary>The operator's word that servers were made equal to the others.</summary>
/// <param name="Servers">Which; none: all.</param>
/// <param name="Adopts">Whatever they lack or have too much of by the stream's word: they count as equal from where they stand.</param>
public sealed record GapOrder(ImmutableArray<BackendAddress> Servers, bool Adopts = false)
{
    /// <summary>With an ordered log: so long it is waited for that what was ordered is written.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>All of them.</summary>
    public static readonly GapOrder All = new([]);

    /// <summary>It is about this one.</summary>
    public bool IsAbout(BackendAddress server) => Servers.IsEmpty || Servers.Contains(server);
}

/// <summary>What became of such an order about one server.</summary>
public enum GapFate
{
    /// <summary>It had none.</summary>
    None,

    /// <summary>It has none any more; with an ordered log that is written where the next broadcaster looks.</summary>
    Closed,

    /// <summary>That is not written yet, as far as is known: the gap is shown until it is.</summary>
    NotWritten,

    /// <summary>It was not written in time, and holds no more: the server has missed something since, or is this broadcaster's no more.</summary>
    Void,

    /// <summary>It has more than the stream, or is of another one: only who says so on purpose closes that.</summary>
    NeedsAdopt,

    /// <summary>It is not connected: what lies in its data cannot be written.</summary>
    NotConnected,

    /// <summary>Another broadcaster delivers to it.</summary>
    Elsewhere,
}

/// <summary>What became of the order about one server.</summary>
/// <param name="Server">Which.</param>
/// <param name="Fate">So.</param>
/// <param name="Reason">Of the gap; null: it has none, or nothing is known of one.</param>
/// <param name="Number">With an ordered log: it counts as equal at this number of the stream; null: not known.</param>
/// <param name="Owner">Who delivers to it, or why that is not known; empty: this broadcaster.</param>
public sealed record GapClosed(BackendAddress Server, GapFate Fate, DropReason? Reason = null, ulong? Number = null, string Owner = "");
