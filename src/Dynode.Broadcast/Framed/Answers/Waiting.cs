using System.Diagnostics;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// The requests of this broadcaster's clients that wait for their place in the log, in the order in which they get it: a stream decides about
/// that, and they leave at the front.
/// <code>
///             First                Sent                Next
///   ────────┬──────────────────────┬───────────────────┬──▶ numbers of this queue
///           │ in parcels            │ in the outbox      │
///           └ gets its place next   └ may be taken out again
/// </code>
/// Each client's own are a list through it, and what we answer ourselves meanwhile waits behind its newest. In turns only.
/// </summary>
internal sealed class Waiting(int requestsMax, ReplyMemory memory, Durations durations)
{
    private const int RequestsLeast = 64;

    private WaitingRequest[] _requests = new WaitingRequest[RequestsLeast];

    /// <summary>The number of the oldest.</summary>
    public long First { get; private set; }

    /// <summary>The number of the oldest that is in no parcel yet.</summary>
    public long Sent { get; private set; }

    /// <summary>The number that the next one gets.</summary>
    public long Next { get; private set; }

    /// <summary>None that waits was whole before, in ticks; <see cref="Clock.Never"/>: it is not known of any.</summary>
    public long OldestSince { get; set; } = Clock.Never;

    public int Count => (int)(Next - First);

    /// <summary>There is room for another.</summary>
    public bool HasRoom => Count < requestsMax;

    public ref WaitingRequest this[long number] => ref _requests[(int)(number & (_requests.Length - 1))];

    /// <summary>The next request of a client waits.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="verdict">On it.</param>
    /// <param name="isToAnswer">It gets an answer.</param>
    /// <param name="accessed">Of its line in the access log; null: it has none.</param>
    /// <param name="since">When it was whole, in ticks: what was held comes later than what was not, and has waited for longer.</param>
    public void Add(IAnswered client, in RequestVerdict verdict, bool isToAnswer, AccessedRequests.Accessed? accessed, long since)
    {
        if (Count == _requests.Length)
            Grow();
        long number = Next++;
        this[number] = new WaitingRequest
        {
            Client = client,
            Verdict = verdict,
            Accessed = accessed,
            NextOfClient = -1,
            Since = since,
            OpenedAt = durations.Now,
            IsToAnswer = isToAnswer,
        };
        OldestSince = Math.Min(OldestSince, since);
        if (client.LastUnplaced >= 0)
            this[client.LastUnplaced].NextOfClient = number;
        client.Unplaced(number);
    }

    /// <summary>The oldest that was in no parcel is in one now, or was taken out.</summary>
    public void Send()
    {
        Debug.Assert(Sent < Next, "none is left that could be sent");
        Sent++;
        SkipDropped();
    }

    /// <summary>The oldest leaves: it has its place. What it was is the caller's, with what follows it.</summary>
    public WaitingRequest Take()
    {
        Debug.Assert(First < Sent, "what is in no parcel has no place");
        var request = this[First];
        request.Client?.Placed(request.NextOfClient);
        this[First++] = default;
        SkipDropped();
        return request;
    }

    /// <summary>An answer of our own goes behind one of a client's requests, and what is behind that already.</summary>
    /// <returns>False: there is no memory for it.</returns>
    public bool TryTrail(IAnswered client, long number, ReadOnlySpan<byte> answer)
    {
        var trailer = this[number].Trailer ??= memory.Take();
        if (!memory.TryAppend(trailer, answer))
            return false;
        client.Owes(answer.Length);
        return true;
    }

    /// <summary>The client is gone: nobody waits for its requests, which get their places all the same.</summary>
    public void Leave(IAnswered client)
    {
        for (long number = client.FirstUnplaced; number >= 0;)
        {
            ref var request = ref this[number];
            long next = request.NextOfClient;
            request.Client = null;
            request.NextOfClient = -1;
            Give(ref request.Trailer);
            number = next;
        }
    }

    /// <summary>A client's oldest waits no more for its place: it may get one, or does not. What follows it is the caller's.</summary>
    /// <param name="number">Of it.</param>
    /// <param name="isDropped">It gets none: it was in no parcel.</param>
    public KeptReply? Forget(long number, bool isDropped)
    {
        ref var request = ref this[number];
        var trailer = request.Trailer;
        request.Client?.Placed(request.NextOfClient);
        request.Client = null;
        request.NextOfClient = -1;
        request.Trailer = null;
        request.Since = Clock.Never;
        request.IsDropped = isDropped;
        SkipDropped();
        return trailer;
    }

    /// <summary>Those in parcels leave: nobody knows what becomes of them, and nobody waits for them any more.</summary>
    public void LeaveSent()
    {
        while (First < Sent)
            this[First++] = default;
        SkipDropped();
    }

    /// <summary>The same for what has waited behind another request; taken over.</summary>
    public void Trail(IAnswered client, long number, KeptReply kept)
    {
        ref var trailer = ref this[number].Trailer;
        if (trailer is null)
        {
            trailer = kept;
            return;
        }

        long length = kept.Length;
        if (!memory.TryMove(kept, trailer))
        {
            client.Owes(-length);
            client.Tear(ClientEnd.OfMemory("no memory for what waits for it"));
        }

        memory.Give(kept);
    }

    /// <summary>One gets no place, whether or not it is its client's oldest. What follows it is the caller's.</summary>
    /// <param name="number">Of it.</param>
    /// <param name="before">Its client's one before it, which waits still; -1: there is none.</param>
    public KeptReply? Withdraw(long number, out long before)
    {
        ref var request = ref this[number];
        before = -1;
        if (request.Client is not { } client || client.FirstUnplaced == number)
            return Forget(number, isDropped: true);
        for (before = client.FirstUnplaced; this[before].NextOfClient != number;)
            before = this[before].NextOfClient;
        this[before].NextOfClient = request.NextOfClient;
        client.Withdrawn(request.NextOfClient < 0 ? before : client.LastUnplaced);
        var trailer = request.Trailer;
        (request.Client, request.Trailer, request.NextOfClient, request.IsDropped) = (null, null, -1, true);
        SkipDropped();
        return trailer;
    }

    /// <summary>Nothing is under way: what a busy time has made of it is the collector's.</summary>
    public void Trim()
    {
        if (Count == 0 && _requests.Length > RequestsLeast)
            _requests = new WaitingRequest[RequestsLeast];
    }

    /// <summary>What was taken out leaves as soon as those before it have left.</summary>
    private void SkipDropped()
    {
        while (First < Sent && this[First].IsDropped)
            this[First++] = default;
    }

    private void Give(ref KeptReply? kept)
    {
        if (kept is not null)
            memory.Give(kept);
        kept = null;
    }

    private void Grow()
    {
        var requests = new WaitingRequest[_requests.Length * 2];
        for (long number = First; number < Next; number++)
            requests[(int)(number & (requests.Length - 1))] = this[number];
        _requests = requests;
    }
}
