using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Who of the servers votes, and which is the primary. In turns only.</summary>
internal sealed class Election(ServerParts parts)
{
    /// <summary>How long a server that has returned must have been current before it takes the primary's place from one that works.</summary>
    private static readonly TimeSpan TakeOverAfter = TimeSpan.FromSeconds(10);

    private VoterSet _newest = VoterSet.Empty;

    /// <summary>Who votes on what enters the log now.</summary>
    public VoterSet Voters { get; private set; } = VoterSet.Empty;

    public FramedDelivery? Primary { get; private set; }

    /// <inheritdoc cref="Sequence.IServers.VotersOf"/>
    public VoterSet VotersOf(byte protocol) => protocol == RequestVerdict.FirstProtocol ? Voters : _newest;

    /// <summary>Some server may be current that was not, or the reverse.</summary>
    /// <param name="configured">The servers of the set, in its order.</param>
    public void Hold(ImmutableArray<FramedDelivery> configured)
    {
        var current = configured.Where(delivery => delivery.Standing.IsCurrent).ToList();
        parts.Framing.ServersAre(LeastOf(current));
        if (current.Exists(static delivery => !delivery.Lease.IsOverdue))
            current.RemoveAll(static delivery => delivery.Lease.IsOverdue);
        if (current.Exists(delivery => delivery.Standing.Gap is null))
            current.RemoveAll(delivery => delivery.Standing.Gap is not null);
        Primary = Elect(current);
        if (parts.Plane.Settings.FramedReply == FramedReply.Primary && Primary is not null)
        {
            current.Remove(Primary);
            current.Insert(0, Primary);
        }

        ImmutableArray<Voter> voters = [.. current.Select(delivery => delivery.Voter)];
        ImmutableArray<Voter> all = [.. configured.Select(delivery => delivery.Voter)];
        Voters = Renewed(Voters, voters, all);
        var speakers = voters.RemoveAll(voter => !voter.Speaks(RequestVerdict.LastProtocol));
        _newest = speakers.Length == voters.Length ? Voters : Renewed(_newest, speakers, all);
    }

    private static VoterSet Renewed(VoterSet before, ImmutableArray<Voter> voters, ImmutableArray<Voter> configured) =>
        before.Equals(voters, configured) ? before : new VoterSet(voters, configured);

    /// <summary>What all of them have, as far as they have told; null: none has.</summary>
    private static ServerTraits? LeastOf(List<FramedDelivery> current)
    {
        ServerTraits? least = null;
        foreach (var delivery in current)
        {
            if (delivery.Traits.Last is { } traits)
                least = least is null ? traits : ServerTraits.Least(least, traits);
        }

        return least;
    }

    private FramedDelivery? Elect(List<FramedDelivery> current)
    {
        if (Primary is null || !current.Contains(Primary))
            return current.FirstOrDefault();
        long now = parts.Plane.Clock.Now;
        foreach (var delivery in current)
        {
            if (delivery == Primary || !delivery.Standing.IsBack || now - delivery.Standing.CurrentSince >= TakeOverAfter.Ticks)
                return delivery;
        }

        return Primary;
    }
}
