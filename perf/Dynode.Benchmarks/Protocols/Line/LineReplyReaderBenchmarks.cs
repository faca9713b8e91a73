using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Line;

namespace Dynode.Benchmarks.Protocols.Line;

/// <summary>Finds where lines end that servers answered.</summary>
[AllocatesNothing]
public class LineReplyReaderBenchmarks
{
    private ReplyReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => Lines.Replies;

    [GlobalSetup]
    public void Setup() => _reading = new ReplyReading(new LineProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
