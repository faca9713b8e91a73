using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Memcached;

namespace Dynode.Benchmarks.Protocols.Memcached;

/// <summary>Finds where memcached replies end.</summary>
[AllocatesNothing]
public class MemcachedReplyReaderBenchmarks
{
    private ReplyReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => MemcachedReplies.All;

    [GlobalSetup]
    public void Setup() => _reading = new ReplyReading(new MemcachedProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
