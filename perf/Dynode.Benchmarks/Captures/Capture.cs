namespace Dynode.Benchmarks.Captures;

/// <summary>
/// What one side of a connection sends, and how reads bring it: made by code, the same bytes every time, shaped like real traffic.
/// It begins and ends between two frames, so it can be read again and again by one reader.
/// </summary>
public sealed class Capture
{
    private readonly string _name;

    internal Capture(string name, byte[] bytes, int[] reads, int frames)
    {
        _name = name;
        Bytes = bytes;
        Reads = reads;
        Frames = frames;
    }

    /// <summary>All of it.</summary>
    public byte[] Bytes { get; }

    /// <summary>How many bytes each read brings, in order; together all of them.</summary>
    internal int[] Reads { get; }

    /// <summary>How many requests, replies or entries lie in it.</summary>
    public int Frames { get; }

    /// <summary>What stands in the table.</summary>
    public override string ToString() => _name;
}
