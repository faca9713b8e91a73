using Dynode.Broadcast.Plane;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Turns replies and withdrawals of servers into answers, by the policy: what must be kept of each <see cref="Slot"/> until it is
/// decided, and what is to become of it then. In turns only.
/// </summary>
internal sealed class Voting(SlotRing ring, VoteLedger ledger, KeptReplies kept, AnswerQueue answers, ReplyMemory memory, Decisions decisions)
{
    /// <summary>A request has entered the log, and its slot is filled in.</summary>
    public void Opened(long number)
    {
        ref var slot = ref ring[number];
        Decide(number, ref slot, ledger.Of(number, slot), -1, default, null);
    }

    /// <summary>A server's reply to a request that has a slot, whole.</summary>
    /// <param name="voter">The server.</param>
    /// <param name="number">Of the request.</param>
    /// <param name="reply">The bytes of a short one.</param>
    /// <param name="large">Those of a long one; taken over. Null: <paramref name="reply"/> has them.</param>
    /// <param name="isError">It says that the request was refused.</param>
    /// <param name="hash">Of all that the server replied to the request.</param>
    public void Replied(Voter voter, long number, ReadOnlySpan<byte> reply, KeptReply? large, bool isError, uint hash)
    {
        if (ring.Holds(number))
            Replied(voter, number, ref ring[number], reply, large, isError, hash);
        else
            Give(large);
    }

    /// <summary>A server's reply to a request that has this slot: short, and no error.</summary>
    public void Replied(Voter voter, long number, ref Slot slot, ReadOnlySpan<byte> reply, uint hash) =>
        Replied(voter, number, ref slot, reply, null, isError: false, hash);

    private void Replied(Voter voter, long number, ref Slot slot, ReadOnlySpan<byte> reply, KeptReply? large, bool isError, uint hash)
    {
        var votes = ledger.Of(number, slot);
        int rank = slot.Voters!.RankOf(voter);
        if (rank < 0 || votes[rank].State != VoteState.Pending)
        {
            // Not a voter, or it had withdrawn: counted by its delivery, and compared where others have spoken.
            ledger.SpokeLate(number, slot, votes, voter, hash);
            Give(large);
            return;
        }

        VoteLedger.Speak(ref slot, votes, rank, isError, hash);
        ledger.Spoke(number, ref slot, votes, voter);
        if (slot.IsDecided)
        {
            Give(large);
            if (slot.Pending == 0)
                answers.FreeIfDone(number);
        }
        else
        {
            Decide(number, ref slot, votes, rank, reply, large);
        }
    }

    /// <summary>Whether a reply to a request can be no more than a vote on what is decided, or concerns nobody.</summary>
    public bool IsDecided(long number) => !ring.Holds(number) || ring[number].IsDecided;

    /// <summary>
    /// A server's replies to requests in a row, all as usual: up to the first one that is not decided, or not to be compared as the
    /// reply was. One after another, as <see cref="Replied(Voter, long, ref Slot, ReadOnlySpan{byte}, uint)"/> would.
    /// </summary>
    /// <returns>How many were taken.</returns>
    public int RepliedAlike(Voter voter, long first, int count, in UsualReply usual)
    {
        VoterSet? voters = null;
        int rank = -1;
        for (int taken = 0; taken < count; taken++)
        {
            long number = first + taken;
            if (!ring.Holds(number))
                continue;
            ref var slot = ref ring[number];
            if (!ReferenceEquals(slot.Voters, voters))
            {
                voters = slot.Voters!;
                rank = voters.RankOf(voter);
            }

            var votes = ledger.Of(number, slot);
            var comparedAs = slot.ComparedAs;
            if (!slot.IsDecided || rank < 0 || votes[rank].State != VoteState.Pending || !usual.Serves(comparedAs))
                return taken;
            VoteLedger.Speak(ref slot, votes, rank, isError: false, usual.HashFor(comparedAs));
            ledger.Spoke(number, ref slot, votes, voter);
            if (slot.Pending == 0)
                answers.FreeIfDone(number);
        }

        return count;
    }

    /// <summary>A server will not speak to anything from <paramref name="from"/> on that it owes now.</summary>
    /// <param name="voter">The server.</param>
    /// <param name="from">The oldest that it owes.</param>
    /// <param name="unlessLast">It may yet: where nobody else can, it is waited for.</param>
    public void Withdrew(Voter voter, long from, bool unlessLast = false)
    {
        for (long number = Math.Max(from, ring.Base); number < ring.Next; number++)
            WithdrewFrom(voter, number, unlessLast);
    }

    /// <summary>A server has nothing to say to one request that anybody could use.</summary>
    public void WithdrewFrom(Voter voter, long number) => WithdrewFrom(voter, number, unlessLast: false);

    private void WithdrewFrom(Voter voter, long number, bool unlessLast)
    {
        if (!ring.Holds(number))
            return;
        ref var slot = ref ring[number];
        var votes = ledger.Of(number, slot);
        int rank = slot.Voters!.RankOf(voter);
        if (rank < 0 || votes[rank].State != VoteState.Pending || (unlessLast && !VoteLedger.HasOther(votes, rank)))
            return;
        votes[rank].State = VoteState.Withdrawn;
        ledger.Spoke(number, ref slot, votes, voter);
        if (slot.IsDecided)
            answers.FreeIfDone(number);
        else
            Decide(number, ref slot, votes, -1, default, null, voter);
    }

    /// <summary>In a crowded ring what has been answered makes room, compared or not.</summary>
    public void MakeRoom()
    {
        while (ring.IsCrowded && ring.Base < ring.Next && ring[ring.Base] is { IsDecided: true, Client: null, IsStreaming: false })
            answers.Free(ring.Base);
    }

    /// <param name="number">Of the request.</param>
    /// <param name="slot">Its.</param>
    /// <param name="votes">Its.</param>
    /// <param name="rank">Of the voter that has just spoken, -1: none has.</param>
    /// <param name="reply">What it said, if short.</param>
    /// <param name="large">What it said, if long; taken over.</param>
    /// <param name="withdrew">The voter that has just withdrawn; null: none has.</param>
    private void Decide(long number, ref Slot slot, ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<byte> reply, KeptReply? large, Voter? withdrew = null)
    {
        var chosen = ledger.PolicyOf(slot);
        var verdict = chosen.Decide(votes, slot.Pending, slot.Voters!.Configured.Length);
        if (verdict.Action == PolicyAction.Wait)
        {
            if (rank >= 0)
                kept.AddIfWanted(ref slot, votes, chosen, rank, reply, large);
            return;
        }

        slot.IsDecided = true;
        decisions.Decided(number, slot, rank >= 0 ? slot.Voters.Voters[rank] : withdrew, verdict);
        switch (verdict.Action)
        {
            case PolicyAction.Answer:
                slot.AnsweredError = votes[verdict.Rank].State == VoteState.Failed;
                kept.Clear(ref slot, except: verdict.Rank);
                if (verdict.Rank == rank)
                {
                    answers.Answered(number, reply, large);
                    break;
                }

                Give(large);
                answers.AnsweredKept(number);
                break;
            case PolicyAction.AnswerAll:
                slot.AnsweredError = !VoteLedger.IsAccepted(votes);
                if (rank >= 0)
                    kept.Add(ref slot, reply, large, rank);
                answers.AnsweredAll(number, votes);
                break;
            case PolicyAction.Silence:
                kept.Clear(ref slot);
                Give(large);
                answers.Answered(number, default, null);
                break;
            default:
                slot.AnsweredError = true;
                bool isSplit = verdict.Action == PolicyAction.Split;
                string why = isSplit
                    ? AnswerText.Split(votes, slot.Voters.Configured.Length)
                    : AnswerText.NobodyLeft(slot.Voters, verdict.Rank, slot.Protocol);
                kept.Clear(ref slot);
                Give(large);
                answers.AnsweredError(number, isSplit ? ErrorReason.Split : ErrorReason.NoVoter, why);
                break;
        }
    }

    private void Give(KeptReply? large)
    {
        if (large is not null)
            memory.Give(large);
    }
}
