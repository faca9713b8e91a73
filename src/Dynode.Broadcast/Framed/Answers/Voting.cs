using Dynode.Broadcast.Framed.Servers;
using Dynode.Protocols;
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
/// Turns replies and withdrawals of servers into answers, by the policy: the votes of each <see cref="Slot"/>, what must be
/// kept until it is decided, and, when all voters have spoken, whether they said the same. In turns only.
/// </summary>
internal sealed class Voting(SlotRing ring, AnswerQueue answers, ReplyMemory memory, IReplyPolicy policy, Divergence divergence)
{
    /// <summary>A request has entered the log, and its slot is filled in.</summary>
    public void Opened(long number)
    {
        ref var slot = ref ring[number];
        Decide(number, ref slot, Votes(number, slot), -1, default, null);
    }

    /// <summary>A server's reply to a request that has a slot, whole.</summary>
    /// <param name="delivery">The server's.</param>
    /// <param name="number">Of the request.</param>
    /// <param name="reply">The bytes of a short one.</param>
    /// <param name="large">Those of a long one; taken over. Null: <paramref name="reply"/> has them.</param>
    /// <param name="isError">It says that the request was refused.</param>
    /// <param name="hash">Of all that the server replied to the request.</param>
    public void Replied(FramedDelivery delivery, long number, ReadOnlySpan<byte> reply, KeptReply? large, bool isError, uint hash)
    {
        if (!ring.Holds(number))
        {
            if (large is not null)
                memory.Give(large);
            return;
        }

        Replied(delivery, number, ref ring[number], reply, large, isError, hash);
    }

    /// <summary>A server's reply to a request that has this slot: short, and no error.</summary>
    public void Replied(FramedDelivery delivery, long number, ref Slot slot, ReadOnlySpan<byte> reply, uint hash) =>
        Replied(delivery, number, ref slot, reply, null, isError: false, hash);

    private void Replied(FramedDelivery delivery, long number, ref Slot slot, ReadOnlySpan<byte> reply, KeptReply? large, bool isError, uint hash)
    {
        var votes = Votes(number, slot);
        int rank = slot.Voters!.RankOf(delivery);
        if (rank < 0 || votes[rank].State != VoteState.Pending)
        {
            // Not a voter, or it had withdrawn: counted by its delivery, and compared where others have spoken.
            if (!delivery.HasGap && slot.Class != ReplyClass.Own)
                divergence.CompareLate(number, votes, delivery, hash);
            if (large is not null)
                memory.Give(large);
            return;
        }

        Speak(ref slot, votes, rank, isError, hash);
        Spoke(number, ref slot, votes, delivery);
        if (slot.IsDecided)
        {
            if (large is not null)
                memory.Give(large);
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
    /// reply was. One after another, as <see cref="Replied(FramedDelivery, long, ref Slot, ReadOnlySpan{byte}, uint)"/> would.
    /// </summary>
    /// <returns>How many were taken.</returns>
    public int RepliedAlike(FramedDelivery delivery, long first, int count, in UsualReply usual)
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
                rank = voters.RankOf(delivery);
            }

            var votes = Votes(number, slot);
            var comparedAs = slot.ComparedAs;
            if (!slot.IsDecided || rank < 0 || votes[rank].State != VoteState.Pending || !usual.Serves(comparedAs))
                return taken;
            Speak(ref slot, votes, rank, isError: false, usual.HashFor(comparedAs));
            Spoke(number, ref slot, votes, delivery);
            if (slot.Pending == 0)
                answers.FreeIfDone(number);
        }

        return count;
    }

    /// <summary>A long reply begins.</summary>
    public LargeReplyFate Begin(FramedDelivery delivery, long number, bool isError)
    {
        if (!ring.Holds(number))
            return LargeReplyFate.Hash;
        ref var slot = ref ring[number];
        int rank = slot.Voters!.RankOf(delivery);
        var votes = Votes(number, slot);
        if (rank < 0 || slot.IsDecided || slot.Client is null || votes[rank].State != VoteState.Pending)
            return LargeReplyFate.Hash;
        var chosen = PolicyOf(slot);
        if (chosen is MajorityReply && slot.Voters.Configured.Length > 1)
            return LargeReplyFate.Collect;

        // What would the policy say if this were all of it? Its hash matters to majority alone.
        var before = votes[rank];
        Speak(ref slot, votes, rank, isError, hash: 0);
        var verdict = chosen.Decide(votes, slot.Pending - 1, slot.Voters!.Configured.Length);
        if (verdict.Action == PolicyAction.Answer && verdict.Rank == rank && answers.MayStream(number))
        {
            slot.IsDecided = true;
            slot.IsStreaming = true;
            slot.AnsweredError = isError;
            GiveKept(ref slot, except: -1);
            return LargeReplyFate.Stream;
        }

        votes[rank] = before;
        slot.Turns--;
        return LargeReplyFate.Collect;
    }

    /// <summary>A part of a reply that streams.</summary>
    public void Stream(long number, ReadOnlySpan<byte> part) => answers.Stream(number, part);

    /// <summary>The last part of a reply that streams has been given.</summary>
    public void Streamed(FramedDelivery delivery, long number, uint hash)
    {
        ref var slot = ref ring[number];
        var votes = Votes(number, slot);
        votes[slot.Voters!.RankOf(delivery)].Hash = hash;
        slot.IsStreaming = false;
        Spoke(number, ref slot, votes, delivery);
        answers.Answered(number, default, null);
    }

    /// <summary>The server of a reply that streams is gone in its midst: a torn reply must not look like a whole one.</summary>
    public void Tear(FramedDelivery delivery, long number)
    {
        ref var slot = ref ring[number];
        slot.Client?.Tear("its server died while the reply was on its way");
        var votes = Votes(number, slot);
        votes[slot.Voters!.RankOf(delivery)].State = VoteState.Withdrawn;
        slot.IsStreaming = false;
        Spoke(number, ref slot, votes, delivery);
        answers.Answered(number, default, null);
    }

    /// <summary>A server will not speak to anything from <paramref name="from"/> on that it owes now.</summary>
    /// <param name="delivery">The server's.</param>
    /// <param name="from">The oldest that it owes.</param>
    /// <param name="unlessLast">It may yet: where nobody else can, it is waited for.</param>
    public void Withdrew(FramedDelivery delivery, long from, bool unlessLast = false)
    {
        for (long number = Math.Max(from, ring.Base); number < ring.Next; number++)
        {
            if (!ring.Holds(number))
                continue;
            ref var slot = ref ring[number];
            var votes = Votes(number, slot);
            int rank = slot.Voters!.RankOf(delivery);
            if (rank < 0 || votes[rank].State != VoteState.Pending || (unlessLast && !HasOther(votes, rank)))
                continue;
            votes[rank].State = VoteState.Withdrawn;
            Spoke(number, ref slot, votes, delivery);
            if (slot.IsDecided)
                answers.FreeIfDone(number);
            else
                Decide(number, ref slot, votes, -1, default, null);
        }
    }

    /// <summary>In a crowded ring what has been answered makes room, compared or not.</summary>
    public void MakeRoom()
    {
        while (ring.IsCrowded && ring.Base < ring.Next && ring[ring.Base] is { IsDecided: true, Client: null, IsStreaming: false })
            answers.Free(ring.Base);
    }

    private static bool HasOther(ReadOnlySpan<Vote> votes, int rank)
    {
        for (int other = 0; other < votes.Length; other++)
        {
            if (other != rank && votes[other].State != VoteState.Withdrawn)
                return true;
        }

        return false;
    }

    /// <summary>At least one did what was asked, and none refused it.</summary>
    private static bool IsAccepted(ReadOnlySpan<Vote> votes)
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

    private Span<Vote> Votes(long number, in Slot slot) => ring.VotesOf(number, slot.Voters!.Count);

    /// <summary>Replies that are one server's own are the primary's, but where the client gets all or none.</summary>
    private IReplyPolicy PolicyOf(in Slot slot) =>
        slot.Class == ReplyClass.Own && policy is not (AllReplies or NoReply) ? PrimaryReply.Instance : policy;

    private static void Speak(ref Slot slot, Span<Vote> votes, int rank, bool isError, uint hash)
    {
        slot.Turns++;
        votes[rank] = new Vote { State = isError ? VoteState.Failed : VoteState.Replied, Hash = hash, Turn = slot.Turns };
    }

    /// <param name="number">Of the request.</param>
    /// <param name="slot">Its.</param>
    /// <param name="votes">Its.</param>
    /// <param name="rank">Of the voter that has just spoken, -1: none has.</param>
    /// <param name="reply">What it said, if short.</param>
    /// <param name="large">What it said, if long; taken over.</param>
    private void Decide(long number, ref Slot slot, ReadOnlySpan<Vote> votes, int rank, ReadOnlySpan<byte> reply, KeptReply? large)
    {
        var chosen = PolicyOf(slot);
        var verdict = chosen.Decide(votes, slot.Pending, slot.Voters!.Configured.Length);
        if (verdict.Action == PolicyAction.Wait)
        {
            if (rank >= 0)
                KeepIfWanted(ref slot, votes, chosen, rank, reply, large);
            return;
        }

        slot.IsDecided = true;
        switch (verdict.Action)
        {
            case PolicyAction.Answer:
                slot.AnsweredError = votes[verdict.Rank].State == VoteState.Failed;
                GiveKept(ref slot, verdict.Rank);
                if (verdict.Rank == rank)
                {
                    answers.Answered(number, reply, large);
                    break;
                }

                if (large is not null)
                    memory.Give(large);
                answers.AnsweredKept(number);
                break;
            case PolicyAction.AnswerAll:
                slot.AnsweredError = !IsAccepted(votes);
                if (rank >= 0)
                    Add(ref slot, reply, large, rank);
                answers.AnsweredAll(number, votes);
                break;
            case PolicyAction.Silence:
                Discard(ref slot, large);
                answers.Answered(number, default, null);
                break;
            default:
                slot.AnsweredError = true;
                string why = verdict.Action == PolicyAction.Split
                    ? AnswerText.Split(votes, slot.Voters.Configured.Length)
                    : AnswerText.NobodyLeft(slot.Voters, verdict.Rank);
                Discard(ref slot, large);
                answers.AnsweredError(number, why);
                break;
        }
    }

    private void KeepIfWanted(ref Slot slot, ReadOnlySpan<Vote> votes, IReplyPolicy chosen, int rank, ReadOnlySpan<byte> reply, KeptReply? large)
    {
        Span<int> kept = stackalloc int[votes.Length];
        int count = 0;
        for (var at = slot.Kept; at is not null; at = at.Next)
            kept[count++] = at.Rank;
        bool keeps = chosen.Keeps(votes, rank, kept[..count], out int drop) && slot.Client is not null;
        if (drop >= 0)
            Remove(ref slot, drop);
        if (keeps)
            Add(ref slot, reply, large, rank);
        else if (large is not null)
            memory.Give(large);
    }

    private void Add(ref Slot slot, ReadOnlySpan<byte> reply, KeptReply? large, int rank)
    {
        var kept = large ?? memory.Keep(reply, rank);
        kept.Rank = rank;
        kept.Next = slot.Kept;
        slot.Kept = kept;
    }

    private void Remove(ref Slot slot, int rank)
    {
        KeptReply? before = null;
        for (var at = slot.Kept; at is not null; before = at, at = at.Next)
        {
            if (at.Rank != rank)
                continue;
            if (before is null)
                slot.Kept = at.Next;
            else
                before.Next = at.Next;
            memory.Give(at);
            return;
        }
    }

    private void GiveKept(ref Slot slot, int except)
    {
        KeptReply? stays = null;
        while (slot.Kept is { } kept)
        {
            slot.Kept = kept.Next;
            kept.Next = null;
            if (kept.Rank == except && except >= 0)
                stays = kept;
            else
                memory.Give(kept);
        }

        slot.Kept = stays;
    }

    private void Discard(ref Slot slot, KeptReply? large)
    {
        GiveKept(ref slot, except: -1);
        if (large is not null)
            memory.Give(large);
    }

    /// <summary>One voter less is waited for; when it was the last, all are compared.</summary>
    private void Spoke(long number, ref Slot slot, ReadOnlySpan<Vote> votes, FramedDelivery last)
    {
        slot.Pending--;
        if (slot.Pending == 0 && slot.Class != ReplyClass.Own && votes.Length > 1)
            divergence.Compare(number, slot.Voters!, votes, last);
    }
}
