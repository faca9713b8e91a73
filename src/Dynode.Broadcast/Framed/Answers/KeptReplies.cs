using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>The replies that a slot keeps until its answer is decided: a list that begins at <see cref="Slot.Kept"/>. In turns only.</summary>
internal sealed class KeptReplies(ReplyMemory memory)
{
    /// <summary>Keeps a reply that the policy may still mean, and gives up what it cannot mean any more.</summary>
    /// <param name="slot">Of the request.</param>
    /// <param name="votes">Its.</param>
    /// <param name="chosen">Its policy.</param>
    /// <param name="rank">Of the voter that has just spoken.</param>
    /// <param name="reply">What it said, if short.</param>
    /// <param name="large">What it said, if long; taken over.</param>
    public void AddIfWanted(ref Slot slot, ReadOnlySpan<Vote> votes, IReplyPolicy chosen, int rank, ReadOnlySpan<byte> reply, KeptReply? large)
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

    /// <summary>Keeps a reply.</summary>
    public void Add(ref Slot slot, ReadOnlySpan<byte> reply, KeptReply? large, int rank)
    {
        var kept = large ?? memory.Keep(reply, rank);
        kept.Rank = rank;
        kept.Next = slot.Kept;
        slot.Kept = kept;
        slot.Client?.Owes(kept.Length);
    }

    /// <summary>Gives up all, but that of the voter with this rank; -1: all.</summary>
    public void Clear(ref Slot slot, int except = -1)
    {
        KeptReply? stays = null;
        while (slot.Kept is { } kept)
        {
            slot.Kept = kept.Next;
            kept.Next = null;
            if (kept.Rank == except && except >= 0)
            {
                stays = kept;
                continue;
            }

            slot.Client?.Owes(-kept.Length);
            memory.Give(kept);
        }

        slot.Kept = stays;
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
            slot.Client?.Owes(-at.Length);
            memory.Give(at);
            return;
        }
    }
}
