using System.Diagnostics;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// The slots of the requests from <see cref="Base"/> up to <see cref="Next"/>: a window over the log's numbers, and the votes on
/// each. It grows as it is needed, up to its bound, and is never searched: a request's number is its place.
/// <code>
///            Base                      Next
///   ─────────┬───┬───┬───┬───┬───┬───┬─┬───────▶ numbers of the log
///            │ ? │   │ ? │ ? │   │ ? │ │          ? in use
/// </code>
/// In turns only.
/// </summary>
internal sealed class SlotRing(int slotsMax)
{
    private const int SlotsLeast = 256;

    private Slot[] _slots = new Slot[(int)Math.Min(SlotsLeast, RoundUp(slotsMax))];
    private Vote[] _votes = [];
    private int _votesPerSlot;

    /// <summary>The oldest number that may have a slot.</summary>
    public long Base { get; private set; }

    /// <summary>The number that the next request in the log gets.</summary>
    public long Next { get; private set; }

    public int SlotsMax { get; } = slotsMax;

    /// <summary>Numbers in the window, in use or not.</summary>
    public int Count => (int)(Next - Base);

    /// <summary>The next request gets this number; no slot is open yet.</summary>
    public void BeginAt(long number) => (Base, Next) = (number, number);

    /// <summary>So many slots are taken that one is given up as soon as its client has its answer.</summary>
    public bool IsCrowded => Count >= SlotsMax - (SlotsMax / 4);

    /// <summary>Whether so many more requests find a slot.</summary>
    public bool HasRoom(int slots) => Count + slots <= SlotsMax;

    public bool Holds(long number) => number >= Base && number < Next && _slots[IndexOf(number)].IsLive;

    public ref Slot this[long number] => ref _slots[IndexOf(number)];

    public Span<Vote> VotesOf(long number, int voters) => _votes.AsSpan(IndexOf(number) * _votesPerSlot, voters);

    /// <summary>The next request of the log has no slot: nobody waits for it, and nothing is compared.</summary>
    public void Pass()
    {
        if (Base == Next)
            Base++;
        else
            Reserve();
        Next++;
    }

    /// <summary>Opens the slot of the next request of the log.</summary>
    /// <returns>Its number.</returns>
    public long Open(VoterSet voters)
    {
        Reserve();
        if (voters.Count > _votesPerSlot)
            Resize(_slots.Length, voters.Count);
        long number = Next++;
        ref var slot = ref this[number];
        Debug.Assert(!slot.IsLive, "a slot that is in use was opened");

        // Field by field: the others are as Free has left them.
        slot.IsLive = true;
        slot.Voters = voters;
        slot.Pending = (short)voters.Count;
        slot.NextOfClient = -1;
        slot.Selects = -1;
        VotesOf(number, voters.Count).Clear();
        return number;
    }

    /// <summary>Nobody needs the slot any more; what it kept has been given back.</summary>
    public void Free(long number)
    {
        this[number] = default;
        while (Base < Next && !_slots[IndexOf(Base)].IsLive)
            Base++;
    }

    /// <summary>Nothing is under way: what a busy time has made of it is the collector's.</summary>
    public void Trim()
    {
        if (Count > 0 || _slots.Length <= SlotsLeast)
            return;
        _slots = new Slot[SlotsLeast];
        _votes = new Vote[SlotsLeast * _votesPerSlot];
    }

    private static long RoundUp(int slots) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)slots);

    private int IndexOf(long number) => (int)(number & (_slots.Length - 1));

    private void Reserve()
    {
        if (Count == _slots.Length)
            Resize(_slots.Length * 2, _votesPerSlot);
    }

    private void Resize(int length, int votesPerSlot)
    {
        var slots = new Slot[length];
        var votes = new Vote[(long)length * votesPerSlot];
        for (long number = Base; number < Next; number++)
        {
            int from = IndexOf(number);
            int to = (int)(number & (length - 1));
            slots[to] = _slots[from];
            _votes.AsSpan(from * _votesPerSlot, _votesPerSlot).CopyTo(votes.AsSpan(to * votesPerSlot));
        }

        _slots = slots;
        _votes = votes;
        _votesPerSlot = votesPerSlot;
    }
}
