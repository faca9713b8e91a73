using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Log;

namespace Dynode.Benchmarks.Log;

/// <summary>Requests that lie in pages of their own until the log takes them: long ones, and transactions.</summary>
[AllocatesNothing]
public class PageChainBenchmarks
{
    private const int LargeBytes = 256 << 10;
    private const int QueuedBytes = 60;
    private const int Queued = 8;

    private readonly PagePool _pool = new(64 << 20);
    private readonly PageChain _chain = new();
    private readonly byte[] _large = new byte[LargeBytes];
    private readonly byte[] _queued = new byte[QueuedBytes];
    private FanOutLog _log = null!;
    private LogCursor _cursor = null!;

    [GlobalSetup]
    public void Setup()
    {
        _log = new FanOutLog(_pool);
        _cursor = _log.Join(awaitBoundary: false);
    }

    /// <summary>A request of 256 KiB comes, page by page, is adopted by the log without a copy, and is answered.</summary>
    [Benchmark]
    [BytesPerOperation(LargeBytes)]
    public long Adopt()
    {
        for (int at = 0; at < LargeBytes; at += _chain.Write(_large.AsSpan(at)))
        {
            if (_chain.Room.IsEmpty)
                Add(PageSize.Large);
        }

        if (!_log.TryAdopt(_chain, tag: 0))
            throw new InvalidOperationException("The pool is spent.");
        _log.Advance(_cursor, LargeBytes);
        return _log.Tail;
    }

    /// <summary>The requests of a transaction are put by, and appended as one.</summary>
    [Benchmark]
    [BytesPerOperation(QueuedBytes * Queued)]
    public long Collect()
    {
        Add(PageSize.Small);
        for (int i = 0; i < Queued; i++)
            _chain.Write(_queued);
        if (!_log.TryAppend(_chain.Head.Span, default, tag: 0))
            throw new InvalidOperationException("The pool is spent.");
        _chain.Release();
        _log.Advance(_cursor, QueuedBytes * Queued);
        return _log.Tail;
    }

    private void Add(PageSize size)
    {
        if (!_pool.TryRent(size, MemoryShare.Requests, out var page))
            throw new InvalidOperationException("The pool is spent.");
        _chain.Add(page);
    }
}
