using Dynode.Streams;

namespace Dynode.Scenarios.Ordered;

/// <summary>One broadcaster's way to the keys, which a test cuts: as if it had died.</summary>
internal sealed class CutKeys(IStreamKeys keys) : IStreamKeys
{
    public bool IsCut { get; set; }

    /// <summary>What is written under keys that begin so waits for that.</summary>
    public (string Begins, Task Until)? Holds { get; set; }

    /// <summary>Writes that have waited, or wait.</summary>
    public int Held { get; private set; }

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation) =>
        IsCut ? throw new IOException("cut by a test") : keys.GetAsync(key, cancellation);

    public async ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        if (Holds is { } holds && key.StartsWith(holds.Begins, StringComparison.Ordinal))
        {
            Held++;
            await holds.Until.WaitAsync(cancellation);
        }

        return IsCut ? throw new IOException("cut by a test") : await keys.TryPutAsync(key, value, revision, cancellation);
    }
}
