namespace Dynode.LoadTest.UnderTest;

/// <summary>What the broadcaster says of one server at its end. Requests are bursts in raw.</summary>
/// <param name="Sent">Bytes that the kernel took.</param>
/// <param name="Dropped">Requests that it did not get.</param>
/// <param name="DroppedBytes">In them.</param>
/// <param name="Repeats">Requests that were sent again; raw does not say.</param>
/// <param name="RepeatedBytes">That were sent again.</param>
/// <param name="Divergences">Replies that differed from the others'.</param>
internal sealed record ServerCounts(long Sent, long Dropped, long DroppedBytes, long Repeats, long RepeatedBytes, long Divergences)
{
    public static ServerCounts Of(BroadcasterEvent line) => new(
        line.Count(nameof(Sent)),
        line.Count(nameof(Dropped)),
        line.Count(nameof(DroppedBytes)),
        line.CountIfAny(nameof(Repeats)),
        line.CountIfAny(nameof(RepeatedBytes)) + line.CountIfAny("Repeated"),
        line.CountIfAny(nameof(Divergences)));
}
