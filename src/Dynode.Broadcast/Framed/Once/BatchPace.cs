namespace Dynode.Broadcast.Framed.Once;

/// <summary>
/// How many requests a batch may hold: so few that a server, which does nothing else meanwhile, is done with it in a few milliseconds, by how long the last ones took. Pure but
/// for its fields; owned by one connection.
/// </summary>
internal struct BatchPace
{
    /// <summary>No batch holds more.</summary>
    public const int RequestsMax = 512;

    /// <summary>A server should be done with one in this time.</summary>
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(5);

    private int _cut;

    /// <summary>As new.</summary>
    public static BatchPace Full => default;

    /// <summary>So many.</summary>
    public readonly int Requests => RequestsMax - _cut;

    /// <summary>One was done.</summary>
    /// <param name="requests">That it held.</param>
    /// <param name="ticks">What it took, its way included.</param>
    public void Took(int requests, long ticks)
    {
        if (requests == 0)
            return;
        long fits = Math.Clamp(requests * Aim.Ticks / Math.Max(1, ticks), 1, RequestsMax);

        // At once fewer, slowly more: of one that was quick nothing is known about the next.
        int now = Requests;
        _cut = RequestsMax - (int)(fits < now ? fits : Math.Min(fits, Math.Min(RequestsMax, now * 2)));
    }
}
