namespace Dynode.Protocols.Redis;

/// <summary>
/// CLIENT REPLY of one client: which of its replies it does not want to see. Servers never hear of it, for all clients share
/// their connections. The default value shows all. A mutable struct, owned by its client's reader.
/// </summary>
internal struct ReplySwitch
{
    private bool _off;
    private bool _skips;
    private bool _skipsNext;

    /// <summary>The reply to the current request is not shown.</summary>
    public readonly bool Hides => _off || _skips;

    /// <summary>A request begins.</summary>
    public void Next()
    {
        _skips = _skipsNext;
        _skipsNext = false;
    }

    /// <summary>From the reply to this on, all are shown.</summary>
    public void On() => this = default;

    /// <summary>From the reply to this on, none is shown.</summary>
    public void Off() => _off = true;

    /// <summary>Neither the reply to this is shown nor the next one.</summary>
    public void Skip() => _skips = _skipsNext = true;

    /// <summary>RESET: all are shown, but a reply that is skipped already remains so, as in redis.</summary>
    public void Reset() => (_off, _skipsNext) = (false, false);
}
