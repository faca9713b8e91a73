using Dynode.Broadcast.Plane;
using Dynode.Protocols.Policies;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Sees that servers which got the same requests answered differently. What most of a request's voters said is taken for right (of
/// equally many, what the first in rank said); each other one is counted and, at a limited rate, named. In turns only.
/// </summary>
internal sealed class Divergence(ILogger logger, RateLimit line)
{
    /// <summary>All voters of a request have spoken or withdrawn.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="voters">By rank.</param>
    /// <param name="votes">By rank.</param>
    /// <param name="last">Whose vote was the last.</param>
    public void Compare(long number, VoterSet voters, ReadOnlySpan<Vote> votes, Voter last)
    {
        if (AreAlike(votes))
            return;
        uint right = MostGiven(votes);
        for (int rank = 0; rank < votes.Length; rank++)
        {
            if (votes[rank].HasSpoken && votes[rank].Hash != right)
                Note(voters.Voters[rank], number, last);
        }
    }

    /// <summary>A server that was no voter has answered too.</summary>
    public void CompareLate(long number, ReadOnlySpan<Vote> votes, Voter voter, uint hash)
    {
        foreach (var vote in votes)
        {
            if (!vote.HasSpoken)
                continue;
            if (AreAlike(votes) && vote.Hash != hash)
                Note(voter, number, voter);
            return;
        }
    }

    private static bool AreAlike(ReadOnlySpan<Vote> votes)
    {
        uint? first = null;
        foreach (var vote in votes)
        {
            if (!vote.HasSpoken)
                continue;
            first ??= vote.Hash;
            if (vote.Hash != first)
                return false;
        }

        return true;
    }

    private static uint MostGiven(ReadOnlySpan<Vote> votes)
    {
        uint best = 0;
        int most = 0;
        foreach (var vote in votes)
        {
            if (!vote.HasSpoken)
                continue;
            int count = 0;
            foreach (var other in votes)
                count += other.HasSpoken && other.Hash == vote.Hash ? 1 : 0;
            if (count > most)
                (best, most) = (vote.Hash, count);
        }

        return best;
    }

    private void Note(Voter server, long number, Voter last)
    {
        long count = server.Counters.Diverged();
        if (!line.TryPass())
            return;
        var name = last.Describe(number, out _);
        logger.Diverged(server.Address, number, name.Command, name.Key, count);
    }
}
