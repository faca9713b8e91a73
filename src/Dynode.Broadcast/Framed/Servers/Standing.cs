using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// How one server stands to the others: whether it votes, how long it may hold clients, and what it has missed.
/// <code>
///   lost ──▶ ready ──caught up──▶ current ──stalls, others can answer──▶ withdrawn ──caught up──▶ current
///                                    └──holds clients beyond its budget──▶ ejected ──caught up, budget half full──▶ current
/// </code>
/// A gap is apart from that: a server with one goes on receiving, but votes only where no server without one is current. In turns only.
/// </summary>
internal sealed class Standing(FramedDelivery delivery, ServerParts parts, IElection election)
{
    /// <summary>So far behind, in bytes, a server answers new requests as soon as any: one that is sent bulk is always a little behind.</summary>
    private const long CurrentBytesMax = 64 << 10;

    /// <summary>Numbers of the log of all are below it, those of a log of a server's own are not.</summary>
    public const long NumberMax = 1L << 62;

    private HoldBudget _budget;
    private BackendOrder _ordered;
    private bool _isEjected;
    private bool _caughtUp;
    private bool _saysCatchUp;
    private long _mark;
    private long _openedAt;
    private long _outrunSince = Clock.Never;
    private long _progressAt;
    private long _holdsFrom = Clock.Never;

    /// <summary>It is connected, not ejected, and has caught up since it connected, or since it stalled.</summary>
    public bool IsCurrent => _caughtUp && !IsEjected && delivery is { IsOpen: true, IsRetiring: false, Relocation.IsOn: false };

    /// <summary>It holds nobody and does not vote.</summary>
    public bool IsEjected => _isEjected || _ordered == BackendOrder.Ejected;

    /// <summary>Why it has missed requests; null: it has missed none.</summary>
    public DropReason? Gap { get; private set; }

    /// <summary>The number of the first request that it missed; -1: none.</summary>
    public long FirstMissing { get; private set; } = -1;

    /// <summary>The operator's word that it misses nothing any more, until that is written.</summary>
    public GapClosing Closing { get; } = new(delivery, parts);

    /// <summary>What it says to the requests of a stream, for other regions; null: none orders the log.</summary>
    public RegionTally? Tally { get; } = parts.Ranges is { } ranges ? new(ranges, parts.Protocol) : null;

    /// <summary>Since when it has been current.</summary>
    public long CurrentSince { get; private set; }

    /// <summary>It has been current before, and was lost since.</summary>
    public bool IsBack { get; private set; }

    /// <summary>A connection is ready, with what the log holds for it still to be sent.</summary>
    public void Opened(long now)
    {
        _openedAt = now;
        _progressAt = now;
        _mark = delivery.Log.Log.Tail;
        if (delivery.CatchUp is null)
            Tally?.Ranges.Open();
        _saysCatchUp = delivery.Lag > 0 && delivery.CatchUp is null;
        _caughtUp = false;
        if (_saysCatchUp)
        {
            parts.Plane.Logger.CatchingUp(delivery.Backend.Address, StandingReport.Lag(delivery, parts), delivery.Lag);
        }

        Settle(now);
    }

    /// <summary>It is behind, and current again once it has answered all that the log holds now: it stalled, or was added again before it had left.</summary>
    public void FallBehind(long now)
    {
        _caughtUp = false;
        _mark = delivery.Log.Log.Tail;
        _openedAt = now;
        _saysCatchUp = true;
        IsBack = true;
    }

    /// <summary>Its connection is gone.</summary>
    public void Lost()
    {
        Tally?.Ranges.Close();
        if (_caughtUp)
            delivery.Backend.Counters.Withdrew();
        IsBack |= _caughtUp;
        _caughtUp = false;
        _holdsFrom = Clock.Never;
        election.Reelect();
    }

    /// <summary>Its connection was ended by us, with nothing in flight, for another.</summary>
    public void Moved()
    {
        Tally?.Ranges.Close();
        IsBack |= _caughtUp;
        _caughtUp = false;
        _holdsFrom = Clock.Never;
        election.Reelect();
    }

    /// <summary>Whether it votes may have changed.</summary>
    public void Reelect() => election.Reelect();

    /// <summary>It has left the log.</summary>
    public void Left()
    {
        Tally?.Ranges.Close();
        _caughtUp = false;
        Closing.Void();
        election.Reelect();
    }

    /// <summary>It has acknowledged a request, taken some of the one that it is to answer next, or begins to owe.</summary>
    public void Progressed(long now)
    {
        _progressAt = now;
        _outrunSince = Clock.Never;
        HoldsNobody(now);
    }

    /// <summary>It holds nobody, or nobody any more.</summary>
    public void HoldsNobody(long now)
    {
        if (_holdsFrom == Clock.Never)
            return;
        if (now - _holdsFrom >= HoldBudget.StallGrace.Ticks)
            _budget.Spend(_holdsFrom, now);
        _holdsFrom = Clock.Never;
    }

    /// <summary>Bytes of a reply have come: one that is long and slow is no silence.</summary>
    public void Replied(int count, long now)
    {
        delivery.Backend.Counters.Replied(count);
        if (delivery.IsOpen)
            Progressed(now);
    }

    /// <summary>Requests were dropped for it, the first of them with this number.</summary>
    public void Missed(DropReason reason, long number)
    {
        Closing.Void();
        if (Gap is not null)
            return;
        Gap = reason;

        // Numbers of a log of its own mean nothing to anybody else.
        FirstMissing = number < NumberMax ? number : 0;
        delivery.Voter.HasGap = true;
        Tally?.Ranges.Missed(hasGap: true);
        parts.Plane.Logger.GapBegan(delivery.Backend.Address, reason, FirstMissing);
        election.Reelect();
    }

    /// <summary>The operator has made it equal to the others.</summary>
    /// <returns>True: it had a gap.</returns>
    public bool TryCloseGap()
    {
        bool had = Gap is not null;
        Gap = null;
        FirstMissing = -1;
        delivery.Voter.HasGap = false;
        if (had)
            Tally?.Ranges.Missed(hasGap: false);
        return had;
    }

    /// <summary>Draws the conclusions of a turn.</summary>
    public void Settle(long now)
    {
        if (!delivery.IsOpen || delivery.IsRetiring || !delivery.IsInLog)
            return;
        if (!_caughtUp && delivery.CatchUp is null && !delivery.Lease.IsOver && delivery.Cursor.Position >= _mark && delivery.Lag <= CurrentBytesMax)
        {
            _caughtUp = true;
            CurrentSince = now;
            if (_saysCatchUp)
                parts.Plane.Logger.CaughtUp(delivery.Backend.Address, TimeSpan.FromTicks(now - _openedAt).TotalSeconds);
            _saysCatchUp = false;
            election.Reelect();
        }

        if (_isEjected && _caughtUp && _budget.IsHalfFull(now, parts.Plane.Settings.StallTimeout))
        {
            _isEjected = false;
            parts.Plane.Logger.Returned(delivery.Backend.Address);
            election.Reelect();
        }
    }

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        var settings = parts.Plane.Settings;
        if (!delivery.Owes)
            return;
        if (delivery.IsPaused)
            Progressed(now);
        long silent = now - _progressAt;
        if (settings.ReplyTimeout > TimeSpan.Zero && silent >= settings.ReplyTimeout.Ticks)
        {
            delivery.EndConnection(now, $"silent for {settings.ReplyTimeout.TotalSeconds} s though it owes");
            return;
        }

        if (!_caughtUp || !IsOutrunFor(Math.Max(settings.StallTimeout.Ticks, HoldBudget.StallGrace.Ticks), now))
            return;

        FallBehind(now);
        delivery.Backend.Counters.Withdrew();
        parts.Plane.Logger.Withdrawn(delivery.Backend.Address, TimeSpan.FromTicks(silent).TotalSeconds, StandingReport.Lag(delivery, parts));
        election.Reelect();
        delivery.Withdraw();
    }

    /// <summary>
    /// It has made no progress for so long, and for so long another has had what it owes: a request that takes long everywhere is no stall, and who is
    /// the last by a moment must not pay for the time that it took the others too.
    /// </summary>
    private bool IsOutrunFor(long ticks, long now)
    {
        if (!election.IsOutrun(delivery))
            _outrunSince = Clock.Never;
        else if (_outrunSince == Clock.Never)
            _outrunSince = now;
        return _outrunSince != Clock.Never && now - _outrunSince >= ticks;
    }

    /// <summary>
    /// The log is full, or memory is, and this server, which is not away, is among those that hold it so. One that stalls pays from its budget, and is
    /// ejected when that is spent and another could go on.
    /// </summary>
    /// <param name="now">The turn's time.</param>
    /// <param name="othersGoOn">Another server has room, and takes what it is sent.</param>
    public void Hold(long now, bool othersGoOn)
    {
        if (IsEjected)
            return;
        if (!othersGoOn)
        {
            _holdsFrom = Clock.Never;
            return;
        }

        // Its pace is the others' too, as any receiver's is; what it pays for is standing still.
        if (_holdsFrom == Clock.Never)
            _holdsFrom = now;
        var max = parts.Plane.Settings.StallTimeout;
        long left = max == TimeSpan.Zero ? 0 : Math.Max(HoldBudget.StallGrace.Ticks, _budget.Remaining(_holdsFrom, max));
        if (now - _holdsFrom < left)
            return;
        _budget.Spend(_holdsFrom, now);
        _holdsFrom = Clock.Never;
        _isEjected = true;
        delivery.Backend.Report.Ejected(null);
        Eject(now);
    }

    /// <summary>The operator's order as it now is.</summary>
    public void Obey(long now)
    {
        var before = _ordered;
        _ordered = delivery.Backend.Order;
        if (_ordered == before)
            return;
        if (_ordered == BackendOrder.Ejected)
            Eject(now);
        else
            election.Reelect();
    }

    /// <summary>It is not waited for, and when it may vote again it must have all that the log holds now.</summary>
    private void Eject(long now)
    {
        FallBehind(now);
        election.Reelect();
        if (delivery.Connection?.Matcher is not null)
            delivery.Withdraw();
    }

    /// <summary>Takes what it is sent: it has acknowledged something a moment ago, or owes nothing, or would if it were read.</summary>
    public bool TakesAt(long now) => delivery.IsOpen && (!delivery.Owes || delivery.IsPaused || now - _progressAt < HoldBudget.StallGrace.Ticks);
}
