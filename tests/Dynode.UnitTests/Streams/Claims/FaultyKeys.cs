using Dynode.Streams;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>Keys between which and one broadcaster answers get lost.</summary>
internal sealed class FaultyKeys(IStreamKeys keys) : IStreamKeys
{
    /// <summary>So many writes more are done, and nobody is told.</summary>
    public int Unacknowledged { get; set; }

    /// <summary>Before each write, once what was read has been.</summary>
    public Func<Task>? BeforePut { get; set; }

    public int Puts { get; private set; }

    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation) => keys.GetAsync(key, cancellation);

    public async ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        Puts++;
        if (BeforePut is { } before)
            await before();
        ulong? written = await keys.TryPutAsync(key, value, revision, cancellation);
        if (Unacknowledged == 0)
            return written;
        Unacknowledged--;
        throw new IOException("the answer is lost");
    }
}
