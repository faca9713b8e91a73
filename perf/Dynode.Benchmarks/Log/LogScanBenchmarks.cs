using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Log;

namespace Dynode.Benchmarks.Log;

/// <summary>Walks over what a log holds for a server that is a megabyte behind: to send it, and to match its replies.</summary>
[AllocatesNothing]
public class LogScanBenchmarks
{
    private const int RequestBytes = 64;
    private const int Requests = 16 << 10;

    private FanOutLog _log = null!;
    private LogCursor _cursor = null!;

    [GlobalSetup]
    public void Setup()
    {
        _log = new FanOutLog(new PagePool(64 << 20));
        _cursor = _log.Join(awaitBoundary: false);
        byte[] request = new byte[RequestBytes];
        for (int i = 0; i < Requests; i++)
            _log.TryAppend(request, default, tag: (uint)i);
    }

    /// <summary>One operation is one request.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    [BytesPerOperation(RequestBytes)]
    public long Walk()
    {
        var scan = LogScan.At(_log, _cursor);
        while (scan.TryPeek(_log, _cursor, out var request))
            scan.Pass(request);
        return scan.Number == Requests ? scan.Number : throw new InvalidOperationException("Not all were seen.");
    }

    /// <summary>One operation is the whole megabyte, page by page; not a byte of it is touched.</summary>
    [Benchmark]
    public long Read()
    {
        var scan = LogScan.At(_log, _cursor);
        while (scan.TryRead(_log, _cursor, out var bytes, out _))
            scan.Skip(bytes.Length);
        return scan.Position == _log.Tail ? scan.Position : throw new InvalidOperationException("Not all was seen.");
    }

    /// <summary>The number of a request in the middle.</summary>
    [Benchmark]
    public long NumberAt() => _log.NumberAt(_cursor, RequestBytes * Requests / 2);
}
