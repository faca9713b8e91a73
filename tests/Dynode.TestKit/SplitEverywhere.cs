namespace Dynode.TestKit;

/// <summary>All the ways in which a stream may be cut into reads that a framer must survive.</summary>
public static class SplitEverywhere
{
    /// <summary>The sample whole, cut in two at every offset (also before the first and behind the last byte), and byte by byte.</summary>
    public static IEnumerable<IReadOnlyList<ReadOnlyMemory<byte>>> Of(ReadOnlyMemory<byte> sample)
    {
        yield return [sample];
        for (int at = 0; at <= sample.Length; at++) yield return [sample[..at], sample[at..]];
        yield return [.. Enumerable.Range(0, sample.Length).Select(at => sample.Slice(at, 1))];
    }
}
