using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dynode.Benchmarks.Broadcast;

/// <summary>
/// A look at a framed data plane, as the sampler takes one each second: turns wait for what of it is done under their lock, which is less than
/// all of it. With a hundred servers that is to be at most 40 us.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "BenchmarkDotNet calls Cleanup.")]
public class SnapshotBenchmarks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ReadyServers? _servers;
    private Broadcaster? _broadcaster;

    [Params(1, 10, 100)]
    public int Servers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _servers = new ReadyServers(Servers);
        _broadcaster = new Broadcaster(
            new BroadcastSettings { Protocol = Protocol.Redis, Host = "127.0.0.1", Port = 0 }, NullLogger.Instance, TimeProvider.System, NameLookups.OfSystem(1));
        _broadcaster.Bind();
        _broadcaster.Apply(_servers.Set);
        long began = Stopwatch.GetTimestamp();
        while (!_broadcaster.Snapshot().Backends.All(static backend => backend.Standing is { IsCurrent: true }))
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new InvalidOperationException("Not all servers are current.");
            Thread.Yield();
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _broadcaster!.Dispose();
        _servers!.Dispose();
    }

    [Benchmark]
    public BroadcastSnapshot Look() => _broadcaster!.Snapshot();
}
