namespace Dynode.Broadcast.Plane;

/// <summary>
/// How much longer a connected server may hold a client that could go on but for it: <c>stall_timeout</c> at once, refilled
/// by one second in twenty. Times are ticks of the data plane's clock. Pure but for its two fields; owned by one session.
/// </summary>
internal struct HoldBudget
{
    /// <summary>
    /// A connected server that takes something at least so often sets the pace, as any TCP receiver does; one that does not
    /// stalls, and that is what the hold budget pays for. Several times what a busy machine's scheduler takes away at once.
    /// </summary>
    public static readonly TimeSpan StallGrace = TimeSpan.FromSeconds(0.2);

    private const int RefillDivisor = 20;

    private long _spent;
    private long _asOf;

    /// <summary>What is left at <paramref name="now"/>, in ticks, never below zero.</summary>
    public readonly long Remaining(long now, TimeSpan max) => Math.Max(0, max.Ticks - Math.Max(0, _spent - Refill(now)));

    /// <summary>Half of it or more is there: an ejected server may come back.</summary>
    public readonly bool IsHalfFull(long now, TimeSpan max) => Remaining(now, max) >= max.Ticks / 2;

    /// <summary>When it will be half full, if nothing is spent meanwhile.</summary>
    public readonly long HalfFullAt(long now, TimeSpan max) =>
        now + Math.Max(0, ((max.Ticks / 2) - Remaining(now, max)) * RefillDivisor);

    /// <summary>The client was held from <paramref name="from"/> to <paramref name="to"/>; no refill meanwhile.</summary>
    public void Spend(long from, long to)
    {
        _spent = Math.Max(0, _spent - Refill(from)) + (to - from);
        _asOf = to;
    }

    private readonly long Refill(long now) => Math.Max(0, now - _asOf) / RefillDivisor;
}
