using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// How long requests wait for their place, and what their clients are told then: what is in no parcel yet is taken out again, and is nowhere; what is in one may get its
/// place still. In turns only.
/// </summary>
internal sealed class Patience(DataPlane plane, Waiting waiting, OwnAnswers own, Durations durations)
{
    /// <summary>Requests that were taken out again.</summary>
    public long NotKept { get; private set; }

    /// <summary>Of those, the ones whose clients were not told: they had asked for no answer, or had left.</summary>
    public long NotKeptUntold { get; private set; }

    /// <summary>Requests whose clients were told that nobody knows.</summary>
    public long Unknown { get; private set; }

    /// <summary>Gives up what has waited for too long.</summary>
    public void Look(long now) => GiveUpSince(now - plane.Settings.PlaceTimeout.Ticks);

    /// <summary>Nothing can be waited for any more.</summary>
    public void GiveUpAll() => GiveUpSince(Clock.Never - 1);

    private void GiveUpSince(long before)
    {
        if (waiting.OldestSince > before)
            return;
        for (long number = waiting.First; number < waiting.Next; number++)
        {
            if (waiting[number].Since <= before)
                GiveUp(number);
        }

        // Of those that are left.
        long oldest = Clock.Never;
        for (long number = waiting.First; number < waiting.Next; number++)
            oldest = Math.Min(oldest, waiting[number].Since);
        waiting.OldestSince = oldest;
    }

    /// <summary>Nobody can know any more what becomes of what is in parcels; or all of these are nowhere for certain, and never will be anywhere.</summary>
    public void GiveUpSent(bool isNowhere = false)
    {
        for (long number = waiting.First; number < waiting.Sent; number++)
        {
            if (waiting[number].Since != Clock.Never)
                GiveUp(number, isNowhere);
        }

        waiting.LeaveSent();
    }

    /// <summary>One, and where it was taken out, all that its client sent behind it: that may have been meant for what this one would have done.</summary>
    private void GiveUp(long number, bool isNowhere = false)
    {
        while (number >= 0 && !waiting[number].IsDropped)
        {
            var client = waiting[number].Client;
            long next = waiting[number].NextOfClient;
            bool isSent = number < waiting.Sent;
            GiveUpOne(number, isSent && !isNowhere, isSent ? AnswerText.NotKeptShorter : AnswerText.NotKeptAway);
            number = (isSent && !isNowhere) || client is null ? -1 : next;
        }
    }

    private void GiveUpOne(long number, bool isPerhaps, string notKept)
    {
        ref var request = ref waiting[number];
        var client = request.Client;
        bool isTold = request.IsToAnswer && client is not null;
        NotKept += isPerhaps ? 0 : 1;
        NotKeptUntold += isPerhaps || isTold ? 0 : 1;
        Unknown += isPerhaps && isTold ? 1 : 0;
        if (isTold)
            durations.Answered(request.OpenedAt);
        var trailer = waiting.Forget(number, isDropped: number >= waiting.Sent);
        if (isTold)
            own.Settle(client!, ErrorReason.NoPlace, isPerhaps ? AnswerText.KeptPerhaps : notKept);
        if (trailer is not null)
            own.Trail(client, trailer);
    }
}
