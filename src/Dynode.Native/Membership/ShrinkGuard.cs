using System.Collections.Immutable;
using System.Globalization;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>
/// Whether a list may take servers away: one that takes more than a share of at least <see cref="ServersMin"/> is what a half-broken
/// registry says, and is believed only when the same has come <see cref="Times"/> times in a row. Pure; of the membership thread.
/// </summary>
internal sealed class ShrinkGuard
{
    /// <summary>Of fewer, one that goes is a large share.</summary>
    public const int ServersMin = 4;

    /// <summary>As often the same list must come.</summary>
    public const int Times = 3;

    /// <summary>Until it is asked again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private HashSet<BackendAddress>? _refused;
    private int _times;

    /// <summary>A list is being refused, and asked for again.</summary>
    public bool IsRefusing => _refused is not null;

    /// <summary>What is wrong with a list, as a sentence; null: it is taken, and becomes the one in force.</summary>
    /// <param name="inForce">The list so far; empty: there is none.</param>
    /// <param name="next">The list that came; it may name a server twice.</param>
    /// <param name="shareMax">Of the servers in force that may go at once, in thousandths; 1,000: all.</param>
    public string? Judge(ImmutableArray<BackendAddress> inForce, ImmutableArray<BackendAddress> next, long shareMax)
    {
        var before = new HashSet<BackendAddress>(inForce);
        var after = new HashSet<BackendAddress>(next);
        int removed = 0;
        foreach (BackendAddress server in before)
            removed += after.Contains(server) ? 0 : 1;
        if (before.Count < ServersMin || removed * 1000L <= shareMax * before.Count)
        {
            Break();
            return null;
        }

        _times = _refused is not null && _refused.SetEquals(after) ? _times + 1 : 1;
        if (_times >= Times)
        {
            Break();
            return null;
        }

        _refused = after;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"it takes {removed} of {before.Count} servers away, more than servers_shrink_max allows at once ({_times} of {Times} times; a reload takes it at once)");
    }

    /// <summary>Another answer has come between: the row begins anew.</summary>
    public void Break() => (_refused, _times) = (null, 0);
}
