using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Protocols.Memcached;

namespace Dynode.Benchmarks.Protocols.Memcached;

/// <summary>Whether a quiet client sees a reply.</summary>
[AllocatesNothing]
public class MetaHideBenchmarks
{
    private static readonly byte[] Hit = "VA 5 f0 t3412 kapp:v3:user:1234567:profile O1\r\nhello\r\n"u8.ToArray();
    private static readonly byte[] Miss = "EN\r\n"u8.ToArray();

    private readonly MemcachedProtocol _protocol = new();

    [Benchmark]
    public bool Shown() => _protocol.Hides(MetaHide.Miss, Hit);

    [Benchmark]
    public bool Hidden() => _protocol.Hides(MetaHide.Miss, Miss);
}
