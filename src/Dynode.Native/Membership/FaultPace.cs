namespace Dynode.Native.Membership;

/// <summary>
/// Whether a fault of the list is worth a line: when its reason is new, or once a minute while it lasts, and never two
/// within a second. Pure; used by the membership thread alone.
/// </summary>
internal sealed class FaultPace
{
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    /// <summary>For reasons that differ each time, because whoever answers chooses their text.</summary>
    public static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(1);

    private string? _logged;
    private TimeSpan _loggedAt;

    /// <summary>Faults since the last good answer.</summary>
    public int Faults { get; private set; }

    /// <param name="reason">Why the list is not usable.</param>
    /// <param name="now">On a clock that never jumps; its zero does not matter.</param>
    public bool IsDue(string reason, TimeSpan now)
    {
        Faults++;
        TimeSpan silence = now - _loggedAt;
        if (_logged is not null && silence < (reason == _logged ? RepeatInterval : IntervalMin))
            return false;

        _logged = reason;
        _loggedAt = now;
        return true;
    }

    /// <summary>The list answers again; returns how many faults there were.</summary>
    public int Recover()
    {
        int faults = Faults;
        Faults = 0;
        _logged = null;
        return faults;
    }
}
