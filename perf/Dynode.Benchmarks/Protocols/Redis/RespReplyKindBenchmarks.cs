using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.Benchmarks.Protocols.Redis;

/// <summary>Whether a reply is one, an error, or "not now".</summary>
[AllocatesNothing]
public class RespReplyKindBenchmarks
{
    private static readonly byte[] Value = "$5\r\nhello\r\n"u8.ToArray();
    private static readonly byte[] Error = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"u8[..64].ToArray();
    private static readonly byte[] Loading = "-LOADING Redis is loading the dataset in memory\r\n"u8.ToArray();

    private readonly RedisProtocol _protocol = new();

    [Benchmark]
    public ReplyKind Normal() => _protocol.Classify(Value);

    [Benchmark]
    public ReplyKind Failed() => _protocol.Classify(Error);

    [Benchmark]
    public ReplyKind NotNow() => _protocol.Classify(Loading);
}
