using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Brings answers to clients, each client's in the order of its requests: what is decided early waits in its slot.
/// <code>
///   client.FirstPending ─▶ slot 17 ─▶ slot 21 ─▶ slot 22 ─▶ …        in each: Kept (decided, not yet its turn),
///                          voting      decided    voting               Trailer (our own answers behind it)
/// </code>
/// It gives a slot back when its client has its answer and its voters have spoken. In turns only; it wakes clients, and runs nothing
/// of theirs.
/// </summary>
internal sealed class AnswerQueue(SlotRing ring, ReplyMemory memory, IProtocol protocol, Durations durations, OwnAnswers own)
{
    /// <summary>A request of <paramref name="client"/> has a slot: it waits behind its earlier ones.</summary>
    public void Enter(IAnswered client, long number)
    {
        ring[number].Client = client;
        if (client.LastPending >= 0)
            ring[client.LastPending].NextOfClient = number;
        client.Entered(number);
    }

    /// <summary>Its client is alive, wants to see it, and waits for nothing before it.</summary>
    public bool MayStream(long number)
    {
        ref var slot = ref ring[number];
        return slot.Client is { IsTorn: false } client && slot.Hide == 0 && client.FirstPending == number;
    }

    /// <summary>A part of a reply that streams.</summary>
    public void Stream(long number, ReadOnlySpan<byte> part) => ring[number].Client?.Write(part);

    /// <summary>The answer is decided: a reply that has just come, or nothing.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="reply">The bytes of a short one; empty: the client gets nothing (more).</param>
    /// <param name="large">Those of a long one; taken over.</param>
    public void Answered(long number, ReadOnlySpan<byte> reply, KeptReply? large)
    {
        ref var slot = ref ring[number];
        if (large is { IsLost: true })
        {
            slot.AnsweredError = true;
            reply = own.Lost(large.Loss);
            memory.Give(large);
            large = null;
        }

        var client = slot.Client;
        if (client is null || IsHidden(slot, large is null ? reply : large.Head))
        {
            if (large is not null)
                memory.Give(large);
            if (client is null)
                FreeIfDone(number);
            else if (client.FirstPending == number)
                Advance(client);
            return;
        }

        if (client.FirstPending == number)
        {
            client.Write(reply);
            if (large is not null)
                memory.Give(large, client);
            Advance(client);
            return;
        }

        if (reply.IsEmpty && large is null)
            return;
        slot.Kept = large ?? memory.Keep(reply, -1);
        client.Owes(slot.Kept.Length);
    }

    /// <summary>The answer is decided: the one reply that was kept.</summary>
    public void AnsweredKept(long number)
    {
        ref var slot = ref ring[number];
        var kept = slot.Kept ?? memory.Lost();
        slot.Kept = null;
        slot.Client?.Owes(-kept.Length);
        if (kept.IsLost || !kept.Pages.IsEmpty)
        {
            Answered(number, default, kept);
            return;
        }

        Answered(number, kept.Bytes, null);
        memory.Give(kept);
    }

    /// <summary>The answer is decided: every configured server's reply, in list order, and an error for each that is missing.</summary>
    public void AnsweredAll(long number, ReadOnlySpan<Vote> votes)
    {
        ref var slot = ref ring[number];
        var voters = slot.Voters!;
        var kept = slot.Kept;
        slot.Kept = null;
        for (var reply = kept; reply is not null; reply = reply.Next)
            slot.Client?.Owes(-reply.Length);
        var all = memory.Take();
        bool isOver = slot.Client is null || slot.Hide == RequestVerdict.HidesAll;
        for (int i = 0; i < voters.Configured.Length && !isOver; i++)
        {
            var server = voters.Configured[i];
            int rank = voters.RankOf(server);
            var reply = kept;
            while (reply is not null && reply.Rank != rank)
                reply = reply.Next;
            if (reply is not null && IsHidden(slot, reply.Head))
                continue;
            bool spoke = rank >= 0 && votes[rank].HasSpoken;
            bool moved = spoke && reply is { IsLost: false }
                ? memory.TryMove(reply, all) || memory.TryKeep(all, own.Lost(ReplyLoss.NoMemory))
                : memory.TryKeep(all, spoke ? own.Lost(reply?.Loss ?? ReplyLoss.NoMemory) : own.Error(AnswerText.Missing(server)));
            if (!moved)
            {
                slot.Client?.Tear(ClientEnd.OfMemory("no memory for its replies"));
                isOver = true;
            }
        }

        while (kept is not null)
        {
            var next = kept.Next;
            memory.Give(kept);
            kept = next;
        }

        Answered(number, default, all);
    }

    /// <summary>The answer is decided: an error of our own.</summary>
    public void AnsweredError(long number, ErrorReason reason, string text)
    {
        // Errors are rare; a hidden one is hidden as a server's would be.
        Answered(number, own.Error(reason, text), null);
    }

    /// <summary>The client is gone: nobody waits for its requests, which stay in the log.</summary>
    public void Leave(IAnswered client)
    {
        own.Leave(client);
        for (long number = client.FirstPending; number >= 0;)
        {
            ref var slot = ref ring[number];
            long next = slot.NextOfClient;
            slot.Client = null;
            slot.NextOfClient = -1;
            Give(ref slot.Trailer);
            GiveAll(ref slot.Kept);
            FreeIfDone(number);
            number = next;
        }
    }

    /// <summary>The client can be given nothing any more: what is kept for it is given back, for the memory.</summary>
    /// <returns>False: nothing is.</returns>
    public bool TryDropKept(IAnswered client)
    {
        long before = memory.KeptBytes;
        for (long number = client.FirstPending; number >= 0; number = ring[number].NextOfClient)
            GiveAll(ref ring[number].Kept);
        return memory.KeptBytes < before;
    }

    /// <summary>Frees a slot whose client has its answer and whose voters have all spoken.</summary>
    public void FreeIfDone(long number)
    {
        if (!ring.Holds(number))
            return;
        ref var slot = ref ring[number];
        if (slot.IsDecided && slot.Client is null && slot.Pending == 0 && !slot.IsStreaming)
            Free(number);
    }

    /// <summary>Frees a slot as it is.</summary>
    public void Free(long number)
    {
        ref var slot = ref ring[number];
        GiveAll(ref slot.Kept);
        Give(ref slot.Trailer);
        ring.Free(number);
    }

    /// <summary>The client's first pending request is answered: what was waiting behind it follows.</summary>
    private void Advance(IAnswered client)
    {
        while (true)
        {
            long number = client.FirstPending;
            ref var slot = ref ring[number];
            if (slot.Trailer is { } trailer)
            {
                slot.Trailer = null;
                client.Owes(-trailer.Length);
                memory.Give(trailer, client);
            }

            long next = slot.NextOfClient;
            durations.Answered(slot.OpenedAt);
            client.Left(next, slot.Selects, accepted: !slot.AnsweredError);
            slot.Client = null;
            slot.NextOfClient = -1;
            FreeIfDone(number);
            if (next < 0)
                return;
            ref var following = ref ring[next];
            if (!following.IsDecided || following.IsStreaming)
                return;
            if (following.Kept is { } kept)
            {
                following.Kept = null;
                client.Owes(-kept.Length);
                if (kept.IsLost)
                    client.Write(own.Lost(kept.Loss));
                memory.Give(kept, client);
            }
        }
    }

    private bool IsHidden(in Slot slot, ReadOnlySpan<byte> reply)
    {
        if (slot.Hide == 0)
            return false;
        return slot.Hide == RequestVerdict.HidesAll || (!reply.IsEmpty && protocol.Hides(slot.Hide, reply[..Math.Min(64, reply.Length)]));
    }

    private void Give(ref KeptReply? kept)
    {
        if (kept is not null)
            memory.Give(kept);
        kept = null;
    }

    private void GiveAll(ref KeptReply? list)
    {
        while (list is { } kept)
        {
            list = kept.Next;
            memory.Give(kept);
        }
    }
}
