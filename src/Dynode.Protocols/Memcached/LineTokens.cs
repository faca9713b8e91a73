using System.Runtime.CompilerServices;

namespace Dynode.Protocols.Memcached;

/// <summary>A whole line's tokens, for judging it: what stands between spaces.</summary>
internal readonly ref struct LineTokens
{
    /// <summary>More than any line has that is forwarded, the keys of a get apart.</summary>
    private const int KeptMax = 24;

    private readonly ReadOnlySpan<byte> _line;
    private readonly Kept _kept;

    /// <param name="line">Its LF or CR LF may stand behind it.</param>
    public LineTokens(ReadOnlySpan<byte> line)
    {
        if (line.EndsWith("\n"u8))
            line = line[..^1];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        _line = line;
        foreach (var token in line.Split((byte)' '))
        {
            if (token.Start.Value == token.End.Value)
                continue;
            if (Count < KeptMax)
                _kept[Count] = token;
            Count++;
            Last = line[token];
        }
    }

    /// <summary>How many there are, kept or not.</summary>
    public int Count { get; }

    /// <summary>The last one; empty where there is none.</summary>
    public ReadOnlySpan<byte> Last { get; }

    /// <summary>One of the first.</summary>
    public ReadOnlySpan<byte> this[int index] => _line[_kept[index]];

    /// <summary>The verdict that forwards the line without one of its tokens, and the space before it; never the first.</summary>
    public RequestVerdict Without(int index, RequestVerdict verdict) =>
        verdict with { CutOffset = _kept[index].Start.Value - 1, CutLength = this[index].Length + 1 };

    [InlineArray(KeptMax)]
    private struct Kept
    {
        private Range _first;
    }
}
