namespace Dynode.Log;

/// <summary>The pool's ledger at one moment; all in bytes but <paramref name="OutstandingPages"/>.</summary>
/// <param name="BytesMax">The bound.</param>
/// <param name="SlabBytes">Rented from the array pool.</param>
/// <param name="OutstandingPages">Pages that somebody holds: 0 when everything has ended, or there is a leak.</param>
/// <param name="BacklogBytes">Held by logs.</param>
/// <param name="ReplyBytes">Held by replies.</param>
/// <param name="RequestBytes">Held by half-received requests.</param>
/// <param name="PeakBytes">The most that was ever held at once.</param>
public readonly record struct PoolSnapshot(
    long BytesMax,
    long SlabBytes,
    int OutstandingPages,
    long BacklogBytes,
    long ReplyBytes,
    long RequestBytes,
    long PeakBytes)
{
    /// <summary>Held in all.</summary>
    public long OutstandingBytes => BacklogBytes + ReplyBytes + RequestBytes;
}
