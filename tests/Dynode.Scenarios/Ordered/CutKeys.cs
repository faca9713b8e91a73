using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Scenarios.Ordered;

/// <summary>One broadcaster's way to the keys, which a test cuts: as if it had died, or one of them alone, or so that no place is ever kept.</summary>
internal sealed class CutKeys(IStreamKeys keys) : IStreamKeys
{
    public bool IsCut { get; set; }

    /// <summary>The one that is cut; null: none is by itself.</summary>
    public string? Cut { get; set; }

    /// <summary>Claims are renewed, without places.</summary>
    public bool IsForgetful { get; set; }

    /// <summary>What is written under keys that begin so waits for that.</summary>
    public (string Begins, Task Until)? Holds { get; set; }

    /// <summary>Writes that have waited, or wait.</summary>
    public int Held { get; private set; }

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation) =>
        IsCut || key == Cut ? throw new IOException("cut by a test") : keys.GetAsync(key, cancellation);

    public async ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        if (Holds is { } holds && key.StartsWith(holds.Begins, StringComparison.Ordinal))
        {
            Held++;
            await holds.Until.WaitAsync(cancellation);
        }

        if (IsCut || key == Cut)
            throw new IOException("cut by a test");
        if (IsForgetful && ClaimedServer.Read(value.Span) is { Place: not null } claimed)
            value = (claimed with { Place = null }).Write();
        return await keys.TryPutAsync(key, value, revision, cancellation);
    }
}
