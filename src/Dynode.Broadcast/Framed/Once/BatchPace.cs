namespace Dynode.Broadcast.Framed.Once;

/// <summary>
/// How many requests a batch may hold: so few that a server, which does nothing else meanwhile, is done with it in a few milliseconds, by how long the last ones took. Pure but
/// for its fields; owned by one connection.
/// </summary>
internal struct BatchPace
{
    /// <summary>No batch holds more.</summary>
    public const int RequestsMax = 512;

    /// <summary>Nor does the first: how long its requests take is not known, and scripts may take long.</summary>
    public const int FirstMax = 16;

    /// <summary>A server should be done with one in this time.</summary>
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(5);

    private int _cut;
    private bool _isKnown;
    private long _at;
    private long _ticks;
    private int _together;
    private int _before;

    /// <summary>Of a connection on which nothing was done yet.</summary>
    public static BatchPace New => new() { _cut = RequestsMax - FirstMax };

    /// <summary>One was done: before that no other should follow it, for a server answers nothing of what has come while it works.</summary>
    public readonly bool IsKnown => _isKnown;

    /// <summary>So many.</summary>
    public readonly int Requests => RequestsMax - _cut;

    /// <summary>
    /// One was done. A server works through all that has come before it answers: so several that were answered at once took what the first seems to have taken, all together.
    /// </summary>
    /// <param name="requests">That it held; 0: it says nothing of their pace.</param>
    /// <param name="sentAt">When it was sent, in ticks.</param>
    /// <param name="now">When its answer came.</param>
    public void Took(int requests, long sentAt, long now)
    {
        if (now != _at)
            (_ticks, _together, _before, _at) = (now - Math.Max(sentAt, _at), 0, Requests, now);
        if (requests == 0)
            return;
        _isKnown = true;
        _together += requests;
        long fits = Math.Clamp(_together * Aim.Ticks / Math.Max(1, _ticks), 1, RequestsMax);

        // At once fewer, slowly more: of one that was quick nothing is known about the next.
        _cut = RequestsMax - (int)(fits < _before ? fits : Math.Min(fits, Math.Min(RequestsMax, _before * 2)));
    }
}
