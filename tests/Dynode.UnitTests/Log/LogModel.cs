namespace Dynode.UnitTests.Log;

/// <summary>
/// The log as anybody would write it who had endless memory and no hurry: all bytes in one list, all boundaries in
/// another, and a cursor is a number. What <see cref="Dynode.Log.FanOutLog"/> does must be indistinguishable from this.
/// </summary>
internal sealed class LogModel
{
    private readonly List<byte> _bytes = [];
    private readonly List<long> _boundaries = [];

    public long Tail => _bytes.Count;

    public long Boundaries => _boundaries.Count;

    public void Append(ReadOnlySpan<byte> bytes, bool boundary)
    {
        if (boundary)
            _boundaries.Add(Tail);
        _bytes.AddRange(bytes);
    }

    public byte[] Bytes(long from, int count) => [.. _bytes.Skip((int)from).Take(count)];

    public bool IsBoundary(long position) => _boundaries.Contains(position);

    /// <summary>The start of the request that the byte at <paramref name="position"/> belongs to; -1 before the first.</summary>
    public long StartOf(long position) => _boundaries.LastOrDefault(b => b <= position, -1);

    public long? NextBoundary(long after)
    {
        foreach (long boundary in _boundaries)
        {
            if (boundary > after)
                return boundary;
        }

        return null;
    }
}

/// <summary>A cursor of the model.</summary>
internal sealed class ModelCursor
{
    public long Position { get; set; }

    public bool Awaits { get; set; }

    /// <summary>The next boundary, or the tail; and whether what was skipped is a request that no drop counted before.</summary>
    public long Drop(LogModel model)
    {
        if (Position == model.Tail)
            return 0;
        long requests = Awaits && !model.IsBoundary(Position) ? 0 : 1;
        long? next = model.NextBoundary(Position);
        Position = next ?? model.Tail;
        Awaits = next is null;
        return requests;
    }
}
