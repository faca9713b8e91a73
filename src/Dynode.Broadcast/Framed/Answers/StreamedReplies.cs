using Dynode.Broadcast.Plane;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>What becomes of a reply that does not fit into one read.</summary>
internal enum LargeReplyFate
{
    /// <summary>Nobody will want it: its hash is enough.</summary>
    Hash,

    /// <summary>It may be wanted, or its client waits for an earlier one: it is collected.</summary>
    Collect,

    /// <summary>It is the client's: each part goes there as it comes.</summary>
    Stream,
}

/// <summary>
/// Replies that go to their client piece by piece: where the policy would choose one now, and its client waits for nothing before it.
/// Its server must then finish it. In turns only.
/// </summary>
internal sealed class StreamedReplies(SlotRing ring, VoteLedger ledger, KeptReplies kept, AnswerQueue answers, Decisions decisions)
{
    /// <summary>A long reply begins.</summary>
    public LargeReplyFate Begin(Voter voter, long number, bool isError)
    {
        if (!ring.Holds(number))
            return LargeReplyFate.Hash;
        ref var slot = ref ring[number];
        int rank = slot.Voters!.RankOf(voter);
        var votes = ledger.Of(number, slot);
        if (rank < 0 || slot.IsDecided || slot.Client is null || votes[rank].State != VoteState.Pending)
            return LargeReplyFate.Hash;
        if (ledger.PolicyOf(slot) is MajorityReply && slot.Voters.Configured.Length > 1)
            return LargeReplyFate.Collect;

        var verdict = ledger.Supposing(slot, votes, rank, isError);
        if (verdict.Action != PolicyAction.Answer || verdict.Rank != rank || !answers.MayStream(number))
            return LargeReplyFate.Collect;
        VoteLedger.Speak(ref slot, votes, rank, isError, hash: 0);
        slot.IsDecided = true;
        decisions.Decided(number, slot, voter, verdict);
        slot.IsStreaming = true;
        slot.AnsweredError = isError;
        kept.Clear(ref slot);
        return LargeReplyFate.Stream;
    }

    /// <summary>A part of a reply that streams.</summary>
    public void Stream(long number, ReadOnlySpan<byte> part) => answers.Stream(number, part);

    /// <summary>The last part of a reply that streams has been given.</summary>
    public void Streamed(Voter voter, long number, uint hash)
    {
        ref var slot = ref ring[number];
        var votes = ledger.Of(number, slot);
        votes[slot.Voters!.RankOf(voter)].Hash = hash;
        End(voter, number, ref slot, votes);
    }

    /// <summary>The server of a reply that streams is gone in its midst: a torn reply must not look like a whole one.</summary>
    public void Tear(Voter voter, long number)
    {
        ref var slot = ref ring[number];
        slot.Client?.Tear(ClientEnd.OfServer("its server died while the reply was on its way"));
        var votes = ledger.Of(number, slot);
        votes[slot.Voters!.RankOf(voter)].State = VoteState.Withdrawn;
        End(voter, number, ref slot, votes);
    }

    private void End(Voter voter, long number, ref Slot slot, ReadOnlySpan<Vote> votes)
    {
        slot.IsStreaming = false;
        ledger.Spoke(number, ref slot, votes, voter);
        answers.Answered(number, default, null);
    }
}
