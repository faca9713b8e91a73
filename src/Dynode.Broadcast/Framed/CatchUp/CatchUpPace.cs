namespace Dynode.Broadcast.Framed.CatchUp;

/// <summary>
/// How fast one server may read the stream by itself: so many bytes a second, and never less than twice what is appended, or it would never arrive. Pure; owned by one server.
/// </summary>
internal struct CatchUpPace()
{
    /// <summary>What was not taken is kept for so long, and no longer: a server that stood still is no faster afterwards.</summary>
    public const long KeptFor = TimeSpan.TicksPerSecond / 10;

    private long _at = long.MinValue;
    private double _left;

    /// <summary>A second; 0: as fast as it answers.</summary>
    public long BytesMax { readonly get; set; }

    /// <summary>More may be taken now.</summary>
    public readonly bool MayTake => BytesMax == 0 || _left > 0;

    /// <summary>Time has passed.</summary>
    /// <param name="now">In ticks of 100 ns.</param>
    /// <param name="appended">To the stream, in bytes a second.</param>
    public void Turn(long now, long appended)
    {
        long passed = _at == long.MinValue ? KeptFor : Math.Max(0, now - _at);
        _at = Math.Max(_at, now);
        double rate = Math.Max(BytesMax, 2.0 * appended) / TimeSpan.TicksPerSecond;
        _left = Math.Min(_left + (rate * passed), rate * KeptFor);
    }

    /// <summary>An entry was taken: what it was too long waits for the time that it takes.</summary>
    /// <param name="bytes">Of it.</param>
    public void Took(long bytes) => _left -= bytes;
}
