using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>How far one connection has come.</summary>
internal enum ConnectionPhase
{
    /// <summary>Its server has not answered our SYN.</summary>
    Connecting,

    /// <summary>Both sides may speak.</summary>
    Open,

    /// <summary>We have sent our FIN, and wait for the server's.</summary>
    Finishing,

    /// <summary>Its client broke off, and so shall this, when its server's kernel has all that was sent.</summary>
    Breaking,

    /// <summary>Its socket is closed.</summary>
    Closed,
}

/// <summary>
/// One connection's phase, what has happened on it, and what time makes of that. It does no I/O.
/// <code>
///   Connecting ──▶ Open ──our FIN──▶ Finishing ──the server's FIN──▶ Closed
///        │          ├──its client broke off──▶ Breaking ──our reset────▶│
///        └──────────┴── failed, lost, gave up ───┴──────────────────────▲
/// </code>
/// Times are ticks of the data plane's clock. Pure; owned by its connection.
/// </summary>
internal struct ConnectionLife(long now)
{
    private long _began = now;
    private long _lastActivity = now;
    private long _blockedSince = Clock.Never;
    private long _lookedAt;
    private bool _answered;

    /// <summary>How its server ended it.</summary>
    public ConnectionEnd End { get; private set; }

    public ConnectionPhase Phase { get; private set; } = ConnectionPhase.Connecting;

    /// <summary>Bytes that the kernel took from us.</summary>
    public long Sent { get; private set; }

    /// <summary>Its server can speak: also when our FIN has been sent.</summary>
    public readonly bool IsConnected => Phase is ConnectionPhase.Open or ConnectionPhase.Finishing or ConnectionPhase.Breaking;

    public void Connected(long now)
    {
        Phase = ConnectionPhase.Open;
        _began = now;
        _lastActivity = now;
    }

    /// <summary>It is to end, by our FIN or behind all that was sent by a reset.</summary>
    public void Finish(long now, bool byReset)
    {
        Phase = byReset ? ConnectionPhase.Breaking : ConnectionPhase.Finishing;
        _lastActivity = now;
        _lookedAt = now;
    }

    public void Close() => Phase = ConnectionPhase.Closed;

    /// <summary>Its server's kernel has not acknowledged all yet.</summary>
    /// <returns>False: that was waited for long enough.</returns>
    public bool MayLookAgain(long now, TimeSpan lingerTimeout)
    {
        _lookedAt = now;
        return now < _lastActivity + lingerTimeout.Ticks;
    }

    /// <summary>Its server sent its FIN.</summary>
    public void EndedWhole() => End = ConnectionEnd.Whole;

    /// <summary>Its server broke off.</summary>
    public void BrokenOff() => End = _answered ? ConnectionEnd.Torn : ConnectionEnd.Silent;

    /// <summary>The kernel took bytes.</summary>
    public void Took(int bytes, long now)
    {
        Sent += bytes;
        _lastActivity = now;
        _blockedSince = Clock.Never;
    }

    /// <summary>The kernel takes no more for now.</summary>
    public void Blocked(long now)
    {
        if (_blockedSince == Clock.Never)
            _blockedSince = now;
    }

    /// <summary>Until now the server had no reason to take anything; its time begins here.</summary>
    public void Unexcused(long now)
    {
        if (_blockedSince != Clock.Never)
            _blockedSince = now;
    }

    /// <summary>The server said something.</summary>
    public void Heard(long now)
    {
        _answered = true;
        _lastActivity = now;
    }

    /// <summary>It has shown that its server works.</summary>
    public readonly bool HasProven(long now) => _answered || now - _began >= Backend.Proof.Ticks;

    /// <summary>When its phase has lasted too long.</summary>
    /// <param name="settings">The time-outs.</param>
    /// <param name="replyWaits">A reply of it waits for the client: the server owes nothing.</param>
    public readonly long Deadline(BroadcastSettings settings, bool replyWaits) => Phase switch
    {
        ConnectionPhase.Connecting => Clock.After(_began, settings.ConnectTimeout),
        ConnectionPhase.Finishing => _lastActivity + settings.LingerTimeout.Ticks,
        ConnectionPhase.Breaking => Math.Max(_lastActivity, _lookedAt) + SilenceOf(settings).Ticks,
        ConnectionPhase.Open when _blockedSince != Clock.Never && !replyWaits => Clock.After(_blockedSince, settings.ReplyTimeout),
        _ => Clock.Never,
    };

    /// <summary>
    /// How long its server is to have been silent before a reset. One that has answered may be in the midst of a pipeline, and would
    /// throw away what it has not read when it cannot answer any more: it gets as long as any server that owes.
    /// </summary>
    private readonly TimeSpan SilenceOf(BroadcastSettings settings) =>
        _answered && settings.StallTimeout > HoldBudget.StallGrace ? settings.StallTimeout : HoldBudget.StallGrace;

    /// <summary>What an operator reads when it has; null: its transport knows what a connect waits for.</summary>
    public readonly string? Overdue => Phase switch
    {
        ConnectionPhase.Connecting => null,
        ConnectionPhase.Finishing => "no end after ours",
        _ => "takes nothing of what waits for it",
    };
}
