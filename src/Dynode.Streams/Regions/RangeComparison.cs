using System.Collections.Immutable;

namespace Dynode.Streams.Regions;

/// <summary>Servers of two broadcasters replied otherwise to the same requests.</summary>
/// <param name="Other">The other one, for people.</param>
/// <param name="First">The first number of the range in which they did.</param>
/// <param name="Last">The last.</param>
public readonly record struct RangeDifference(string Other, ulong First, ulong Last);

/// <summary>
/// Compares what the own servers replied to the ranges of a stream with what those of other broadcasters did: each range once with each of them. What is of too long ago, or was not read
/// alike, is compared with nothing. Pure; owned by one.
/// </summary>
public sealed class RangeComparison
{
    private readonly SortedDictionary<ulong, RangeReplies> _own = [];
    private readonly Dictionary<string, HashSet<ulong>> _seen = [];

    /// <summary>Ranges that were compared with another broadcaster's.</summary>
    public long Compared { get; private set; }

    /// <summary>Of those, the ones that differ.</summary>
    public long Differing { get; private set; }

    /// <summary>Ranges that both have said, and that cannot be compared: replies came in another protocol, or the entries are others.</summary>
    public long Unlike { get; private set; }

    /// <summary>What is said to others, the oldest first.</summary>
    public ImmutableArray<RangeReplies> Own => [.. _own.Values];

    /// <summary>What the own servers replied to a range. Another one's word on the same range is not taken.</summary>
    /// <returns>False: nothing is new.</returns>
    public bool TryAdd(in RangeReplies own)
    {
        if (!_own.TryAdd(own.First, own))
            return false;
        if (_own.Count <= RangeList.Max)
            return true;
        ulong oldest = _own.First().Key;
        _own.Remove(oldest);
        foreach (var seen in _seen.Values)
            seen.Remove(oldest);
        return own.First != oldest;
    }

    /// <summary>Some own range was not seen yet among those of another broadcaster's.</summary>
    /// <param name="broadcaster">Which.</param>
    public bool Awaits(string broadcaster) => _own.Count > (_seen.TryGetValue(broadcaster, out var seen) ? seen.Count : 0);

    /// <summary>These broadcasters live: of others nothing is kept.</summary>
    public void Keep(IReadOnlyCollection<string> broadcasters)
    {
        foreach (string gone in _seen.Keys.Where(one => !broadcasters.Contains(one)).ToArray())
            _seen.Remove(gone);
    }

    /// <summary>Compares with what another one has said.</summary>
    /// <param name="broadcaster">Which.</param>
    /// <param name="where">The same for people.</param>
    /// <param name="ranges">Of the same stream.</param>
    /// <param name="differ">Takes what differs.</param>
    public void Compare(string broadcaster, string where, ImmutableArray<RangeReplies> ranges, Action<RangeDifference> differ)
    {
        if (!_seen.TryGetValue(broadcaster, out var seen))
            _seen.Add(broadcaster, seen = []);
        foreach (var other in ranges)
        {
            if (!_own.TryGetValue(other.First, out var own) || !seen.Add(other.First))
                continue;
            if (!own.IsComparable(other))
            {
                Unlike++;
                continue;
            }

            Compared++;
            if (own.Replies == other.Replies)
                continue;
            Differing++;
            differ(new RangeDifference(where, own.First, own.Last));
        }
    }
}
