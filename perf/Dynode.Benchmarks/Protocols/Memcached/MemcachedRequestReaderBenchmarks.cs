using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Memcached;

namespace Dynode.Benchmarks.Protocols.Memcached;

/// <summary>Finds where memcached requests end, and judges each.</summary>
[AllocatesNothing]
public class MemcachedRequestReaderBenchmarks
{
    private RequestReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => MemcachedRequests.All;

    [GlobalSetup]
    public void Setup() => _reading = new RequestReading(new MemcachedProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
