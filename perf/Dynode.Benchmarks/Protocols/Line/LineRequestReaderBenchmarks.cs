using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Line;

namespace Dynode.Benchmarks.Protocols.Line;

/// <summary>Finds where lines end.</summary>
[AllocatesNothing]
public class LineRequestReaderBenchmarks
{
    private RequestReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => Lines.Requests;

    [GlobalSetup]
    public void Setup() => _reading = new RequestReading(new LineProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
