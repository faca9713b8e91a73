using Dynode.Protocols.Policies;

namespace Dynode.Benchmarks.Protocols.Policies;

/// <summary>What one voter says; the order of an array of them is the order in time.</summary>
/// <param name="Rank">The voter's.</param>
/// <param name="State">Replied, failed or withdrawn.</param>
/// <param name="Hash">Of its reply.</param>
internal readonly record struct Ballot(int Rank, VoteState State, uint Hash)
{
    /// <summary>All say the same, in list order.</summary>
    public static Ballot[] Alike(int voters, VoteState state = VoteState.Replied) =>
        [.. Enumerable.Range(0, voters).Select(rank => new Ballot(rank, state, 1))];

    /// <summary>All say the same, the last in the list first.</summary>
    public static Ballot[] LastFirst(int voters, VoteState state = VoteState.Replied) => [.. Alike(voters, state).Reverse()];

    /// <summary>Each says something else.</summary>
    public static Ballot[] Different(int voters) => [.. Alike(voters).Select(ballot => ballot with { Hash = (uint)ballot.Rank })];

    /// <summary>All withdraw but the last in the list, which replies.</summary>
    public static Ballot[] OneIsLeft(int voters) =>
        [.. Alike(voters, VoteState.Withdrawn)[..^1], new Ballot(voters - 1, VoteState.Replied, 1)];
}
