using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Captures;
using Dynode.Benchmarks.Running;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.Benchmarks.Protocols.Redis;

/// <summary>What each voter's reply is compared by.</summary>
[AllocatesNothing]
public class RespReplyHashBenchmarks
{
    private readonly RedisProtocol _protocol = new();

    [Params(ReplyClass.Compared, ReplyClass.Unordered, ReplyClass.UnorderedPairs)]
    public ReplyClass Class { get; set; }

    [ParamsSource(nameof(Captures))]
    public Capture Reply { get; set; } = null!;

    public static IEnumerable<Capture> Captures => [RedisReplies.Value, RedisReplies.Members];

    [Benchmark]
    public ulong Hash() => _protocol.Hash(Reply.Bytes, Class);
}
