using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// How far one server's replies are read ahead of the others', and ahead of the client that gets them: no further than there is memory
/// for what must wait.
/// <code>
///   its client has much untaken      not read
///   its client waits for it next     read
///   behind an earlier one            read, unless as much waits for its client as may
///   much of the share is spent       only what is given away at once is read, and the oldest that is not decided
/// </code>
/// The oldest that is not decided is always read, should its client take what it has: so whoever waits for others waits for what is being
/// read, or for a client, which may keep others only so long.
/// In turns only.
/// </summary>
internal sealed class ReplyPacing(SlotRing ring, VoteLedger ledger, ReplyMemory memory)
{
    private long _oldest;

    /// <summary>The client that must take some of what it has untaken before the reply to a request is read; null: there is none.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="isStreaming">That reply is on its way to it.</param>
    public IAnswered? WaitsFor(long number, bool isStreaming)
    {
        if (!ring.Holds(number))
            return null;
        ref var slot = ref ring[number];
        return (!slot.IsDecided || isStreaming) && slot.Client is { IsFarBehind: true } client ? client : null;
    }

    /// <summary>Whether a server's reply to a request is not to be read now; one in parts: the rest of it.</summary>
    public bool MustWait(Voter voter, long number, bool isStreaming) =>
        ring.Holds(number) && MustWait(voter, number, ref ring[number], isStreaming);

    /// <inheritdoc cref="MustWait(Voter, long, bool)"/>
    public bool MustWait(Voter voter, long number, ref Slot slot, bool isStreaming)
    {
        if (slot.Client is not { } client || (slot.IsDecided && !isStreaming))
            return false;
        if (client.IsFarBehind)
            return true;
        if (client.FirstPending == number)
            return memory.KeepsMuch && !isStreaming && number != OldestUndecided() && !IsGivenAway(voter, number, slot);
        return (client.HasMuchWaiting || (memory.KeepsMuch && number != OldestUndecided())) && IsPending(voter, number, slot, out _);
    }

    /// <summary>Of those that somebody waits for. Only ever goes forward.</summary>
    private long OldestUndecided()
    {
        _oldest = Math.Max(_oldest, ring.Base);
        while (_oldest < ring.Next && !(ring.Holds(_oldest) && ring[_oldest] is { IsDecided: false, Client: not null }))
            _oldest++;
        return _oldest;
    }

    /// <summary>Something is waited for from the server: else nothing of what it says is kept.</summary>
    private bool IsPending(Voter voter, long number, in Slot slot, out int rank)
    {
        rank = slot.Voters!.RankOf(voter);
        return rank >= 0 && ledger.Of(number, slot)[rank].State == VoteState.Pending;
    }

    /// <summary>With the server's reply the answer would be decided, were it no error, or nothing of it is kept.</summary>
    private bool IsGivenAway(Voter voter, long number, in Slot slot) => !IsPending(voter, number, slot, out int rank)
        || ledger.Supposing(slot, ledger.Of(number, slot), rank, isError: false).Action != PolicyAction.Wait;
}
