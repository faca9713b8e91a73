namespace Dynode.Streams;

/// <summary>
/// A few small values beside the stream, each changed only by who knows its newest revision: places, claims, leases. What is read may be old; only a change that
/// succeeds decides anything.
/// </summary>
public interface IStreamKeys
{
    /// <summary>A key's value and revision.</summary>
    /// <returns>Null: it has none.</returns>
    ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation);

    /// <summary>Writes a value over that of a revision.</summary>
    /// <param name="key">Letters, digits, <c>-</c>, <c>_</c>, <c>=</c> and <c>.</c> alone.</param>
    /// <param name="value">At most 64 KiB.</param>
    /// <param name="revision">Of the value that it replaces; 0: there is none.</param>
    /// <param name="cancellation">Ends the wait; whether it was written is not known then.</param>
    /// <returns>The revision now; null: another one was there, and nothing was written.</returns>
    ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation);
}

/// <summary>A value of <see cref="IStreamKeys"/>.</summary>
/// <param name="Value">Its bytes.</param>
/// <param name="Revision">Grows with each change of any key.</param>
public sealed record KeyValue(ReadOnlyMemory<byte> Value, ulong Revision);
