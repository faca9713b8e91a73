using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Redis;

namespace Dynode.Benchmarks.Protocols.Redis;

/// <summary>Finds where redis requests end, and judges each.</summary>
[AllocatesNothing]
public class RedisRequestReaderBenchmarks
{
    private RequestReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => RedisRequests.All;

    [GlobalSetup]
    public void Setup() => _reading = new RequestReading(new RedisProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
