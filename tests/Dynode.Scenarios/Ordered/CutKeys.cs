using Dynode.Streams;

namespace Dynode.Scenarios.Ordered;

/// <summary>One broadcaster's way to the keys, which a test cuts: as if it had died.</summary>
internal sealed class CutKeys(IStreamKeys keys) : IStreamKeys
{
    public bool IsCut { get; set; }

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation) =>
        IsCut ? throw new IOException("cut by a test") : keys.GetAsync(key, cancellation);

    public ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation) =>
        IsCut ? throw new IOException("cut by a test") : keys.TryPutAsync(key, value, revision, cancellation);
}
