using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>How one server stands, for whoever looks from outside: values of one moment. In turns only.</summary>
internal static class StandingReport
{
    public static FramedStanding Of(FramedDelivery delivery, ServerParts parts, bool isPrimary, bool votes)
    {
        var standing = delivery.Standing;
        long lag = RequestsUpTo(delivery, parts, delivery.End);
        return new(
            delivery.IsOpen,
            standing.IsCurrent,
            standing.IsEjected,
            standing.Gap?.ToString(),
            standing.FirstMissing,
            lag,
            delivery.Lag,
            delivery.IsOpen ? RequestsUpTo(delivery, parts, delivery.SentPosition) : 0,
            lag > 0 ? AgeOfOldest(delivery, parts) : null,
            isPrimary,
            votes,
            delivery.Once is { } once ? WatermarkOf(delivery, once) : null,
            delivery.CatchUp is not null)
        { IsGapClosing = standing.Closing.IsOn };
    }

    private static FramedWatermark WatermarkOf(FramedDelivery delivery, OnceDelivery once)
    {
        var mark = once.Mark;
        var course = once.Course;
        long requests = !delivery.IsInLog || course is null ? mark.Requests : course.RequestsAt(delivery.NumberDone);
        mark.Places.TryPlace(requests, out ulong number, out long index, out _);
        string mode = delivery.IsOpen && course is not null ? once.Mode.ToString().ToLowerInvariant() : mark.MustRewrite ? "rewrite" : "connecting";
        return new(number, index, mark.Epoch, mode, mark.Aborts + (course?.Aborts ?? 0), mark.RepeatsAvoided, mark.FencesLost);
    }

    /// <summary>Not acknowledged, in requests.</summary>
    public static long Lag(FramedDelivery delivery, ServerParts parts) => RequestsUpTo(delivery, parts, delivery.End);

    private static long RequestsUpTo(FramedDelivery delivery, ServerParts parts, long position)
    {
        if (!delivery.IsInLog)
            return 0;
        var log = delivery.Log.Log;
        return log.NumberAt(delivery.Cursor, position) - log.NumberAt(delivery.Cursor, delivery.Cursor.Position);
    }

    /// <summary>The slot of a request knows when it came; who is further behind than the ring has none.</summary>
    private static TimeSpan? AgeOfOldest(FramedDelivery delivery, ServerParts parts)
    {
        long number = delivery.Log.Log.NumberAt(delivery.Cursor, delivery.Cursor.Position);
        return parts.Ring.Holds(number) ? parts.Durations.Since(parts.Ring[number].OpenedAt) : null;
    }
}
