using System.Collections.Immutable;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.State;

/// <summary>Who has missed something, from one look at the data plane to the next. Framed only; pure.</summary>
internal static class KeptGaps
{
    /// <summary>A server that was taken from the set goes without what is sent from then on.</summary>
    private const string Removed = "Removed";

    /// <summary>
    /// The gaps after a look. A server that is there has the one that it shows, or none; one that is not there keeps its own, and one that
    /// has just gone has one from now on: should a later run have it again, its log is empty, and nobody else would know.
    /// </summary>
    /// <param name="gaps">Before.</param>
    /// <param name="seen">Servers that this run has had; grows.</param>
    /// <param name="snapshot">The look.</param>
    /// <returns>The very array where nothing has changed.</returns>
    public static ImmutableArray<KeptGap> Next(ImmutableArray<KeptGap> gaps, HashSet<BackendAddress> seen, BroadcastSnapshot snapshot)
    {
        var before = new Dictionary<BackendAddress, KeptGap>();
        foreach (KeptGap gap in gaps)
            before[gap.Address] = gap;
        var there = new HashSet<BackendAddress>();
        var next = new List<KeptGap>();
        foreach (BackendSnapshot backend in snapshot.Backends)
        {
            if (backend.IsRemoved || !there.Add(backend.Address))
                continue;
            before.Remove(backend.Address, out KeptGap? known);
            seen.Add(backend.Address);

            // Where it does not stand in the log yet, or any more, nothing says that it is whole.
            KeptGap? gap = Of(backend);
            if (known is not null && (gap is null ? backend.Standing is null : gap.Reason is nameof(DropReason.Earlier) or nameof(DropReason.Shutdown)))
                gap = known;
            if (gap is not null)
                next.Add(gap);
        }

        var gone = new List<KeptGap>();
        foreach (KeptGap gap in gaps)
        {
            if (before.ContainsKey(gap.Address))
                gone.Add(gap);
        }

        foreach (BackendAddress address in (BackendAddress[])[.. seen])
        {
            if (there.Contains(address))
                continue;
            seen.Remove(address);
            if (!before.ContainsKey(address))
                gone.Add(new(address, Removed, snapshot.Requests));
        }

        // The newest, where names come and go without end.
        if (gone.Count > StateText.ServersMax)
            gone.RemoveRange(0, gone.Count - StateText.ServersMax);
        next.AddRange(gone);
        return IsSame(next, gaps) ? gaps : [.. next];
    }

    /// <summary>For a line of the log.</summary>
    public static string Names(IEnumerable<KeptGap> gaps) => string.Join(", ", gaps);

    /// <summary>Null: it has missed nothing.</summary>
    public static KeptGap? Of(BackendSnapshot backend)
    {
        if (backend.Standing is { Gap: { } reason } standing)
            return new(backend.Address, reason, standing.FirstMissing);

        // At the end of a run: what was dropped by it.
        foreach (DropCount drop in backend.Drops)
        {
            if (drop is { Reason: DropReason.Shutdown, Requests: > 0 })
                return new(backend.Address, nameof(DropReason.Shutdown), -1);
        }

        return null;
    }

    private static bool IsSame(List<KeptGap> some, ImmutableArray<KeptGap> others)
    {
        for (int i = 0; i < some.Count; i++)
        {
            if (i >= others.Length || !some[i].Equals(others[i]))
                return false;
        }

        return some.Count == others.Length;
    }
}
