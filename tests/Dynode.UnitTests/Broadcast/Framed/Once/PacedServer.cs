using Dynode.Broadcast.Framed.Once;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>A server and the way to it, by a clock of its own: it works through what comes in order, and is sent as much as a <see cref="BatchPace"/> lets.</summary>
/// <param name="way">There and back, in milliseconds.</param>
/// <param name="varies">Each of both takes up to half of this longer.</param>
/// <param name="each">What a request takes it.</param>
/// <param name="random">By which it varies.</param>
internal sealed class PacedServer(double way, double varies, double each, Random random)
{
    private readonly Queue<(int Requests, double SentAt, double AnsweredAt)> _flights = [];
    private BatchPace _pace = BatchPace.New;
    private double _now = TimeSpan.FromHours(1).TotalMilliseconds;
    private double _free;
    private double _answered;

    public double Way { get; set; } = way;

    /// <summary>Until so many batches are done.</summary>
    /// <returns>Requests a second, and how long a batch took the server, in milliseconds: both of the second half.</returns>
    public (double PerSecond, double Work) Run(int batches)
    {
        double from = _now;
        long requests = 0;
        for (int done = 0; done < batches;)
        {
            while (_flights.Count < _pace.Flights)
                Send();

            // What comes within a turn is answered together.
            _now = Math.Max(_now, _flights.Peek().AnsweredAt);
            while (_flights.TryPeek(out var flight) && flight.AnsweredAt <= _now)
            {
                _flights.Dequeue();
                _pace.Took(flight.Requests, Ticks(flight.SentAt), Ticks(_now));
                requests += flight.Requests;
                if (++done == batches / 2)
                    (from, requests) = (_now, 0);
            }
        }

        return (requests / (_now - from) * 1000, requests * each / (batches / 2));
    }

    private static long Ticks(double milliseconds) => (long)(milliseconds * TimeSpan.TicksPerMillisecond);

    private void Send()
    {
        double arrived = _now + (AWay() / 2);
        _free = Math.Max(arrived, _free) + (_pace.Requests * each);
        _answered = Math.Max(_free + (AWay() / 2), _answered);
        _flights.Enqueue((_pace.Requests, _now, _answered));
    }

    private double AWay() => Way + (random.NextDouble() * varies);
}
