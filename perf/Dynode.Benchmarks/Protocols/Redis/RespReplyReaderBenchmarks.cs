using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Redis;

namespace Dynode.Benchmarks.Protocols.Redis;

/// <summary>Finds where redis replies end.</summary>
[AllocatesNothing]
public class RespReplyReaderBenchmarks
{
    private ReplyReading _reading = null!;

    [ParamsSource(nameof(Captures))]
    public Capture Capture { get; set; } = null!;

    public static IEnumerable<Capture> Captures => RedisReplies.All;

    [GlobalSetup]
    public void Setup() => _reading = new ReplyReading(new RedisProtocol(), Capture).Checked();

    [Benchmark]
    public int Read() => _reading.Run();
}
