using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Its server's name stands for another address than the connection leads to, or it is to be spoken to otherwise (by TLS, or no more), or the operator has disabled it: the connection gets what the
/// log held when that was seen, is no voter of what comes later, and when all of it is answered the next one goes on where the server is
/// then, once there may be one. In turns only.
/// </summary>
internal sealed class Relocation(FramedDelivery delivery, Carrier carrier, ServerParts parts)
{
    /// <summary>One that is disabled while it does not answer is left so late: it is to be restarted, most likely.</summary>
    private static readonly TimeSpan DisabledPatience = TimeSpan.FromSeconds(5);

    private long _at = Clock.Never;
    private long _since;

    /// <summary>It is under way.</summary>
    public bool IsOn => _at != Clock.Never;

    /// <summary>Up to where the connection is sent the log, which ends at <paramref name="end"/>.</summary>
    public long Limit(long end) => Math.Min(end, _at);

    /// <summary>The server is elsewhere now, or is not after all, or the broadcaster stops and it stays where it is.</summary>
    public void Decide(bool mayMove)
    {
        bool isDisabled = delivery.Backend.IsDisabled;
        bool moves = mayMove && delivery is { IsOpen: true, IsRetiring: false } && (isDisabled || carrier.IsElsewhere);
        long now = parts.Plane.Clock.Now;
        if (moves && IsOn && isDisabled && now - _since >= DisabledPatience.Ticks)
            delivery.EndConnection(now, "disabled while it owes");
        if (moves == IsOn)
            return;
        _since = now;
        _at = moves ? delivery.Log.Log.Tail : Clock.Never;
        delivery.Standing.Reelect();
    }

    /// <summary>There is another connection, or none is to come.</summary>
    public void End() => _at = Clock.Never;
}
