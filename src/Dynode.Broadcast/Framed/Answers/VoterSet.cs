using System.Collections.Immutable;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Who votes on the requests that enter the log from now on: the servers that are current, by rank; and all that are configured,
/// in list order. Immutable; each request keeps the one that was in force when it came. <see cref="Voter.Id"/> finds
/// a server in it.
/// </summary>
internal sealed class VoterSet
{
    /// <summary>Nobody.</summary>
    public static readonly VoterSet Empty = new([], []);

    private readonly short[] _ranks;

    public VoterSet(ImmutableArray<Voter> voters, ImmutableArray<Voter> configured)
    {
        Voters = voters;
        Configured = configured;
        _ranks = new short[voters.IsEmpty ? 0 : voters.Max(voter => voter.Id) + 1];
        Array.Fill(_ranks, (short)-1);
        for (int rank = 0; rank < voters.Length; rank++)
            _ranks[voters[rank].Id] = (short)rank;
    }

    /// <summary>It is the one server whose cursor a request goes on from.</summary>
    public bool IsOrigin { get; init; }

    /// <summary>By rank.</summary>
    public ImmutableArray<Voter> Voters { get; }

    /// <summary>In list order.</summary>
    public ImmutableArray<Voter> Configured { get; }

    public int Count => Voters.Length;

    /// <summary>-1: it does not vote.</summary>
    public int RankOf(Voter voter) => voter.Id < _ranks.Length ? _ranks[voter.Id] : -1;

    public bool Equals(ImmutableArray<Voter> voters, ImmutableArray<Voter> configured) =>
        Voters.AsSpan().SequenceEqual(voters.AsSpan()) && Configured.AsSpan().SequenceEqual(configured.AsSpan());
}
