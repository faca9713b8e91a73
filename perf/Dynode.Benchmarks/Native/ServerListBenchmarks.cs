using System.Buffers;
using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Native.Membership;

namespace Dynode.Benchmarks.Native;

/// <summary>Reads the list URL's answer, every few seconds.</summary>
public class ServerListBenchmarks
{
    private ReadOnlySequence<byte> _whole;
    private ReadOnlySequence<byte> _pieces;

    [ParamsSource(nameof(Captures))]
    public Capture Answer { get; set; } = null!;

    public static IEnumerable<Capture> Captures => ServerLists.All;

    [GlobalSetup]
    public void Setup()
    {
        _whole = new(Answer.Bytes);
        _pieces = Pieces.Of(Answer.Bytes, 4096);
        if (ServerList.Parse(_whole).Addresses.Length != Answer.Frames)
            throw new InvalidOperationException("It is no such list.");
    }

    [Benchmark]
    public int Whole() => ServerList.Parse(_whole).Addresses.Length;

    /// <summary>As a long answer comes: in pieces of 4 KiB.</summary>
    [Benchmark]
    public int InPieces() => ServerList.Parse(_pieces).Addresses.Length;
}
