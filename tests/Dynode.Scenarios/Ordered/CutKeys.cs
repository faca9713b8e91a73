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

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation) =>
        IsCut || key == Cut ? throw new IOException("cut by a test") : keys.GetAsync(key, cancellation);

    public ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        if (IsCut || key == Cut)
            throw new IOException("cut by a test");
        if (IsForgetful && ClaimedServer.Read(value.Span) is { Place: not null } claimed)
            value = (claimed with { Place = null }).Write();
        return keys.TryPutAsync(key, value, revision, cancellation);
    }
}
