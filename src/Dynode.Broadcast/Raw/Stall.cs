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

    /// <summary>It holds its client.</summary>
    public readonly bool IsOn => _since != Clock.Never;

    /// <summary>Something went to it a moment ago: it sets the pace, and does not stall.</summary>
    public readonly bool TookLatelyAt(long now) => now - _tookAt < HoldBudget.StallGrace.Ticks;

    public readonly bool IsHalfFull(long now, TimeSpan max) => _budget.IsHalfFull(now, max);

    public readonly long HalfFullAt(long now, TimeSpan max) => _budget.HalfFullAt(now, max);

    /// <summary>When its budget is spent, if it goes on like this.</summary>
    public readonly long SpentAt(TimeSpan max) =>
        max == TimeSpan.Zero ? _since : _since + Math.Max(HoldBudget.StallGrace.Ticks, _budget.Remaining(_since, max));

    /// <summary>It took something.</summary>
    public void Took(long now)
    {
        _tookAt = now;
        End(now);
    }

    /// <summary>It holds its client.</summary>
    /// <param name="now">When.</param>
    /// <param name="max">The whole budget.</param>
    /// <param name="othersGoOn">Somebody would gain were it ejected.</param>
    /// <returns>True: its budget is spent, and somebody would.</returns>
    public bool Hold(long now, TimeSpan max, bool othersGoOn)
    {
        if (!IsOn)
            _since = now;
        if (now < SpentAt(max))
            return false;
        if (othersGoOn)
        {
            _budget.Spend(_since, now);
            _since = Clock.Never;
            return true;
        }

        // All stall, each with what its kernel took: nobody is held by this one alone, and its time begins anew.
        _since = now + HoldBudget.StallGrace.Ticks;
        return false;
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
