namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// Since when a client has brought little of a request that is here in part. A byte now and then is no progress: who lives of those keeps memory for as long as it likes, and is as
/// silent as who says nothing.
/// </summary>
internal struct PartPace(long now)
{
    /// <summary>So many bytes count as going on.</summary>
    public const int BytesLeast = 4 << 10;

    private int _bytes;

    /// <summary>By the clock of turns.</summary>
    public long Since { get; private set; } = now;

    /// <summary>Bytes have come.</summary>
    /// <param name="count">So many.</param>
    /// <param name="isNew">They go on with no request that is here in part, or others of the client are being answered.</param>
    /// <param name="now">When.</param>
    public void Came(int count, bool isNew, long now)
    {
        _bytes += count;
        if (!isNew && _bytes < BytesLeast)
            return;
        (_bytes, Since) = (0, now);
    }
}
