namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Finds the request that ends a server's connections. When a ready connection has twice in a row been ended by the server without
/// progress, the next ones carry one request at a time until they are past what was in flight; a request that was alone in
/// flight at two such ends is the one. Pure but for its fields; owned by one delivery.
/// </summary>
internal struct PoisonRule
{
    private const int EndsMax = 2;

    private int _ends;
    private int _endsAlone;
    private long _carefulUntil;
    private long _suspect;

    /// <summary>As new.</summary>
    public static PoisonRule None => new() { _suspect = -1 };

    /// <summary>Whether the request with this number, the oldest that is not answered, must be alone in flight.</summary>
    public readonly bool IsCareful(long number) => number < _carefulUntil;

    /// <summary>The server has answered a request.</summary>
    public void Progressed() => _ends = 0;

    /// <summary>The server has ended a ready connection on which requests were in flight.</summary>
    /// <param name="progressed">It had answered at least one on it.</param>
    /// <param name="number">Of the oldest in flight.</param>
    /// <param name="next">Of the first that was not in flight.</param>
    /// <returns>True: the request with this number is to be dropped.</returns>
    public bool Ended(bool progressed, long number, long next)
    {
        if (progressed)
        {
            _ends = 0;
            return false;
        }

        _ends++;
        if (_ends >= EndsMax)
            _carefulUntil = Math.Max(_carefulUntil, next);
        if (next - number != 1)
            return false;
        _endsAlone = _suspect == number ? _endsAlone + 1 : 1;
        _suspect = number;
        if (_endsAlone < EndsMax)
            return false;
        _suspect = -1;
        _ends = 0;
        return true;
    }
}
