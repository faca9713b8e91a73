namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>How much is appended to the stream, measured over the last ten seconds. Pure; in turns only.</summary>
internal sealed class AppendRate
{
    private const int Seconds = 10;

    // A place for each second, by its number.
    private readonly long[] _bytes = new long[Seconds];
    private long _second = -1;
    private long _since;
    private long _seen;

    /// <summary>So much was appended up to now.</summary>
    /// <param name="now">In ticks of 100 ns.</param>
    /// <param name="all">Bytes, since the beginning.</param>
    public void Look(long now, long all)
    {
        long second = now / TimeSpan.TicksPerSecond;
        if (_second < 0)
            (_second, _since, _seen) = (second, second, all);
        for (long at = Math.Max(_second + 1, second - Seconds + 1); at <= second; at++)
            _bytes[at % Seconds] = 0;
        _second = Math.Max(_second, second);
        _bytes[_second % Seconds] += all - _seen;
        _seen = all;
    }

    /// <summary>In bytes a second: over as long as it was looked at, at most ten seconds.</summary>
    public long BytesPerSecond => _bytes.Sum() / Math.Clamp(_second - _since + 1, 1, Seconds);
}
