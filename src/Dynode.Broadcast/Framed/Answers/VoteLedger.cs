using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>The votes on each request: who has spoken, whom the policy would choose, and, when all have spoken, whether they said the same. In turns only.</summary>
internal sealed class VoteLedger(SlotRing ring, IReplyPolicy policy, Divergence divergence)
{
    /// <summary>By rank.</summary>
    public Span<Vote> Of(long number, in Slot slot) => ring.VotesOf(number, slot.Voters!.Count);

    /// <summary>Replies that are one server's own are the primary's, but where the client gets all or none.</summary>
    public IReplyPolicy PolicyOf(in Slot slot) =>
        slot.Class == ReplyClass.Own && policy is not (AllReplies or NoReply) ? PrimaryReply.Instance : policy;

    /// <summary>A voter has replied.</summary>
    public static void Speak(ref Slot slot, Span<Vote> votes, int rank, bool isError, uint hash)
    {
        slot.Turns++;
        votes[rank] = new Vote { State = isError ? VoteState.Failed : VoteState.Replied, Hash = hash, Turn = slot.Turns };
    }

    /// <summary>What the policy would say, had a voter that is pending replied. Its hash matters to majority alone.</summary>
    public PolicyVerdict Supposing(in Slot slot, Span<Vote> votes, int rank, bool isError)
    {
        var before = votes[rank];
        votes[rank] = new Vote { State = isError ? VoteState.Failed : VoteState.Replied, Turn = (ushort)(slot.Turns + 1) };
        var verdict = PolicyOf(slot).Decide(votes, slot.Pending - 1, slot.Voters!.Configured.Length);
        votes[rank] = before;
        return verdict;
    }

    /// <summary>One voter less is waited for; when it was the last, all are compared.</summary>
    public void Spoke(long number, ref Slot slot, ReadOnlySpan<Vote> votes, Voter last)
    {
        slot.Pending--;
        if (slot.Pending == 0 && slot.Class != ReplyClass.Own && votes.Length > 1)
            divergence.Compare(number, slot.Voters!, votes, last);
    }

    /// <summary>A server that was no voter, or had withdrawn, has replied too.</summary>
    public void SpokeLate(long number, in Slot slot, ReadOnlySpan<Vote> votes, Voter voter, uint hash)
    {
        if (!voter.HasGap && slot.Class != ReplyClass.Own && voter.Speaks(slot.Protocol))
            divergence.CompareLate(number, votes, voter, hash);
    }

    /// <summary>Somebody besides has replied, or may yet.</summary>
    public static bool HasOther(ReadOnlySpan<Vote> votes, int rank)
    {
        for (int other = 0; other < votes.Length; other++)
        {
            if (other != rank && votes[other].State != VoteState.Withdrawn)
                return true;
        }

        return false;
    }

    /// <summary>At least one did what was asked, and none refused it.</summary>
    public static bool IsAccepted(ReadOnlySpan<Vote> votes)
    {
        bool any = false;
        foreach (var vote in votes)
        {
            if (vote.State == VoteState.Failed)
                return false;
            any |= vote.State == VoteState.Replied;
        }

        return any;
    }
}
