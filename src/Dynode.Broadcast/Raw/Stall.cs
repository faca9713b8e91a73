using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// Since when one connected server has held its client by taking nothing, and how long it still may: what a stall costs of its
/// <see cref="HoldBudget"/>. Times are ticks of the data plane's clock. Pure; owned by its delivery.
/// </summary>
internal struct Stall()
{
    private HoldBudget _budget;
    private long _since = Clock.Never;
    private long _tookAt;
    private bool _isKnown;

    /// <summary>It holds its client.</summary>
    public readonly bool IsOn => _since != Clock.Never;

    /// <summary>Others hold it to account, too: they wait for memory.</summary>
    public bool IsForMemory { get; private set; }

    /// <summary>Something went to it a moment ago: it sets the pace, and does not stall.</summary>
    public readonly bool TookLatelyAt(long now) => now - _tookAt < HoldBudget.StallGrace.Ticks;

    public readonly bool IsHalfFull(long now, TimeSpan max) => _budget.IsHalfFull(now, max);

    public readonly long HalfFullAt(long now, TimeSpan max) => _budget.HalfFullAt(now, max);

    /// <summary>When its budget is spent, if it goes on like this.</summary>
    public readonly long SpentAt(TimeSpan max) =>
        max == TimeSpan.Zero ? _since : _since + Math.Max(HoldBudget.StallGrace.Ticks, _isKnown ? 0 : _budget.Remaining(_since, max));

    /// <summary>It took something.</summary>
    public void Took(long now)
    {
        _tookAt = now;
        End(now);
    }

    /// <summary>It holds its client.</summary>
    /// <param name="now">When.</param>
    /// <param name="max">The whole budget.</param>
    /// <param name="forMemory">It does not hold its own client alone.</param>
    /// <param name="isKnown">Its server has spent such a budget in another session, for the same memory: who waits has waited long enough.</param>
    /// <returns>True: its budget is spent.</returns>
    public bool Hold(long now, TimeSpan max, bool forMemory, bool isKnown)
    {
        IsForMemory |= forMemory;
        _isKnown = isKnown;
        if (!IsOn)
            _since = now;
        return now >= SpentAt(max);
    }

    /// <summary>Its budget is spent, and somebody goes on without it.</summary>
    public void Spend(long now, TimeSpan max)
    {
        _budget.Spend(_isKnown ? now - max.Ticks : _since, now);
        _since = Clock.Never;
    }

    /// <summary>All stall, each with what its kernel took: nobody is held by this one alone, and its time begins anew.</summary>
    public void Renew(long now) => _since = now + HoldBudget.StallGrace.Ticks;

    /// <summary>Nobody waits for memory any more.</summary>
    /// <param name="since">As of when.</param>
    /// <param name="goesOn">Its own client is held all the same.</param>
    public void EndForMemory(long since, bool goesOn)
    {
        if (IsForMemory && !goesOn)
            End(since);
        IsForMemory = false;
    }

    /// <summary>It holds nobody any more.</summary>
    public void End(long now)
    {
        if (!IsOn)
            return;
        if (now - _since >= HoldBudget.StallGrace.Ticks)
            _budget.Spend(_since, now);
        _since = Clock.Never;
    }
}
