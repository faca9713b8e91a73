namespace Dynode.Broadcast.Framed.Once;

/// <summary>
/// How many requests a batch may hold: so few that a server, which does nothing else meanwhile, is done with it in a few milliseconds, by how long the last ones took. What an answer takes however
/// many there are is not the work of them: the way there and back is what the quickest answer took, and what comes upon that, as others that the server works for, is told by how answers to more
/// requests and to fewer differ. Without that a server whose way is longer than what all batches on it may take would be sent single requests. Pure but for its fields; owned by one connection.
/// </summary>
internal struct BatchPace
{
    /// <summary>No batch holds more.</summary>
    public const int RequestsMax = 512;

    /// <summary>Nor does the first: how long its requests take is not known, and scripts may take long.</summary>
    public const int FirstMax = 16;

    /// <summary>So many are on their way at most.</summary>
    private const int FlightsMax = 8;

    /// <summary>With each answer what was seen before counts for less by so much.</summary>
    private const double Fades = 1.0 / 8;

    /// <summary>A server should be done with one in this time.</summary>
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(5);

    /// <summary>The way may have become longer: it is measured again when no answer has been as quick for so long.</summary>
    private static readonly TimeSpan MeasuredFor = TimeSpan.FromSeconds(10);

    private int _cut;
    private bool _isKnown;
    private long _at;
    private long _ticks;
    private int _together;
    private int _before;

    // The quickest answer, and when it was last seen as quick; when one is sent alone, of one request, to measure it again.
    private long _least;
    private long _leastAt;
    private long _measuredFrom;

    // Sums over the answers until now, the newer the more: 1, requests, ticks, requests squared, requests by ticks.
    private double _weight;
    private double _sumRequests;
    private double _sumTicks;
    private double _sumSquares;
    private double _sumProducts;

    /// <summary>Of a connection on which nothing was done yet.</summary>
    public static BatchPace New => new() { _cut = RequestsMax - FirstMax };

    /// <summary>So many may be on their way. Before one was done no other should follow it, for a server answers nothing of what has come while it works.</summary>
    public readonly int Flights => _isKnown && _measuredFrom == 0 ? FlightsMax : 1;

    /// <summary>So many.</summary>
    public readonly int Requests => _measuredFrom == 0 ? RequestsMax - _cut : 1;

    /// <summary>What an answer takes beside the way that has nothing to do with how many requests it is to, in ticks: where the line through what was seen meets none; 0: it is not known.</summary>
    private readonly double Beside
    {
        get
        {
            double spread = (_weight * _sumSquares) - (_sumRequests * _sumRequests);
            if (spread <= _weight * _weight)
                return 0;
            double each = ((_weight * _sumProducts) - (_sumRequests * _sumTicks)) / spread;
            return Math.Max(0, (_sumTicks - (Math.Max(0, each) * _sumRequests)) / _weight);
        }
    }

    /// <summary>
    /// One was done. A server works through all that has come before it answers: so several that were answered at once took what the first seems to have taken, all together.
    /// </summary>
    /// <param name="requests">That it held; 0: it says nothing of their pace.</param>
    /// <param name="sentAt">When it was sent, in ticks.</param>
    /// <param name="now">When its answer came.</param>
    public void Took(int requests, long sentAt, long now)
    {
        if (now != _at)
        {
            Learn();

            // Of the first nothing is known, and it counts whole.
            long arrived = sentAt + (_isKnown ? Math.Min(_least, now - sentAt) : 0);
            (_ticks, _together, _before, _at) = (now - Math.Max(arrived, _at), 0, RequestsMax - _cut, now);
        }

        Measure(sentAt, now);

        if (requests == 0)
            return;
        _isKnown = true;
        _together += requests;
        long fits = (long)Math.Clamp(_together * Aim.Ticks / Math.Max(1, _ticks - Beside), 1, RequestsMax);

        // At once fewer, slowly more: of one that was quick nothing is known about the next.
        _cut = RequestsMax - (int)(fits < _before ? fits : Math.Min(fits, Math.Min(RequestsMax, _before * 2)));
    }

    private void Measure(long sentAt, long now)
    {
        long took = now - sentAt;
        bool isMeasured = _measuredFrom != 0 && sentAt >= _measuredFrom;
        if (_leastAt == 0 || isMeasured || took <= _least + (_least / 4))
            (_least, _leastAt, _measuredFrom) = (_leastAt == 0 || isMeasured ? took : Math.Min(_least, took), now, isMeasured ? 0 : _measuredFrom);
        else if (_measuredFrom == 0 && now - _leastAt > MeasuredFor.Ticks)
            _measuredFrom = now;
    }

    private void Learn()
    {
        if (_together == 0)
            return;
        _weight += 1 - (_weight * Fades);
        _sumRequests += _together - (_sumRequests * Fades);
        _sumTicks += _ticks - (_sumTicks * Fades);
        _sumSquares += ((double)_together * _together) - (_sumSquares * Fades);
        _sumProducts += ((double)_together * _ticks) - (_sumProducts * Fades);
    }
}
