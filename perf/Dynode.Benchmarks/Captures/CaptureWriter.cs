using System.Buffers;
using System.Text;

namespace Dynode.Benchmarks.Captures;

/// <summary>Puts a <see cref="Capture"/> together, frame by frame.</summary>
internal sealed class CaptureWriter
{
    /// <summary>What a busy connection's read brings: a large page, less the place of a boundary.</summary>
    public const int FullReadBytes = (64 << 10) - 8;

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _ends = [];

    // Fixed: a capture is the same bytes in every run, on every machine.
    private readonly Random _random = new(20240229);

    /// <summary>A number below <paramref name="max"/>; the next call gives another.</summary>
    public int Number(int max) => _random.Next(max);

    /// <summary>Letters and digits, as values are that were encoded somewhere.</summary>
    public string Text(int length) => string.Create(length, _random, static (text, random) =>
    {
        foreach (ref char c in text)
            c = Letters[random.Next(Letters.Length)];
    });

    /// <summary>One whole request or reply, in ASCII.</summary>
    public void Frame(string text)
    {
        Encoding.ASCII.GetBytes(text, _bytes);
        _ends.Add(_bytes.WrittenCount);
    }

    /// <summary>So many of them, each made by its number.</summary>
    public CaptureWriter Frames(int count, Func<CaptureWriter, int, string> frame)
    {
        for (int i = 0; i < count; i++)
            Frame(frame(this, i));
        return this;
    }

    /// <summary>A client that waits for its replies: each read brings <paramref name="frames"/> of them, whole, and no more than a page.</summary>
    public Capture InReadsOf(int frames, string name)
    {
        var reads = new List<int>();
        int from = 0;
        for (int i = frames - 1; i < _ends.Count + frames - 1; i += frames)
        {
            int to = _ends[Math.Min(i, _ends.Count - 1)];
            Cut(from, to, reads);
            from = to;
        }

        return new Capture(name, _bytes.WrittenSpan.ToArray(), [.. reads], _ends.Count);
    }

    /// <summary>A side that never waits: each read is full, and ends anywhere.</summary>
    public Capture InFullReads(string name)
    {
        var reads = new List<int>();
        Cut(0, _bytes.WrittenCount, reads);
        return new Capture(name, _bytes.WrittenSpan.ToArray(), [.. reads], _ends.Count);
    }

    private static void Cut(int from, int to, List<int> reads)
    {
        for (; from < to; from += reads[^1])
            reads.Add(Math.Min(FullReadBytes, to - from));
    }
}
